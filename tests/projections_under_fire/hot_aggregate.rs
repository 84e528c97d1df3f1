//! Many concurrent commands on one aggregate: all are accepted, and the read model counts each.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use eventsource::{Retry, prelude::*, store::ReadModelStore};
use futures_util::future::join_all;

use super::{
    bank::{AccountEvent, Inline, Whole},
    support::{database, figure, followed, patient, quick, store, torture, until_inline, while_changing},
};

/// How many times each test is run.
const RUNS: usize = 50;

/// An account with snapshots. Without them a thousand commands would each read up to a thousand events.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize, Aggregate)]
#[aggregate(event = AccountEvent, id = str, snapshot(version = 1, every = 20))]
struct Hot;

impl Apply<AccountEvent> for Hot {
    fn apply(&mut self, _: AccountEvent) {}
}

#[derive(Debug, Command)]
#[command(aggregate = Hot)]
struct Touch<'a>(#[command(id)] &'a str);

impl Handle<Touch<'_>> for Hot {
    type Error = std::convert::Infallible;

    fn handle(&self, _: &Touch<'_>) -> Result<Vec<AccountEvent>, Self::Error> {
        Ok(vec![AccountEvent::Deposited { amount: 1 }])
    }
}

/// Runs commands, on one aggregate per run, and checks the row after each run.
async fn run<R>(es: &EventSource<impl ReadModelStore>, commands: u64, deposits: fn(R) -> i64)
where
    R: ReadModel<Key = String> + Send + Sync + 'static,
{
    let (runs, since) = (torture::times(RUNS), Instant::now());
    for run in 0..runs {
        let account: Arc<str> = format!("{commands} {run}").into();
        let accepted = Arc::new(AtomicU64::new(0));
        let command = |_| {
            let (es, account, accepted) = (es.clone(), Arc::clone(&account), Arc::clone(&accepted));
            tokio::spawn(async move {
                let position = es.execute(Touch(&account)).await.expect("accepted").position;
                accepted.fetch_add(1, Ordering::SeqCst);
                position
            })
        };
        let all = join_all((0..commands).map(command).collect::<Vec<_>>());
        let positions = while_changing("the commands", all, async || accepted.load(Ordering::SeqCst)).await;
        let last = positions.into_iter().map(|position| position.expect("no panic")).max();
        followed(es, R::TABLE, last.expect("there are commands")).await;
        let row = es.find::<R>(&account.to_string()).await.expect("read").expect("a row");
        assert_eq!(u64::try_from(deposits(row)), Ok(commands), "in run {run}");
    }
    let each = since.elapsed() / u32::try_from(runs).expect("few");
    figure(&format!("{commands} concurrent commands, {} {runs} times: {each:?} each", R::TABLE));
}

fn on<S: ReadModelStore + Clone>(store: S, retry: Retry) -> [EventSource<S>; 2] {
    let following = EventSource::builder(store.clone()).retry(retry).projection(Whole::projection());
    let inline = EventSource::builder(store).retry(retry).inline(Inline::projection());
    [following.build(), inline.build()]
}

#[tokio::test(flavor = "multi_thread")]
async fn in_postgres_the_row_has_counted_each_command_in_each_run() {
    for kind in 0..2 {
        let database = database().await;
        let all = on(store(database.url()).await, patient());
        let es = all.into_iter().nth(kind).expect("two kinds");
        let workers = es.start_with(quick()).await.expect("started");
        if kind == 0 {
            run::<Whole>(&es, 40, |row| row.deposits).await;
            run::<Whole>(&es, 1_000, |row| row.deposits).await;
        } else {
            until_inline(database.url()).await;
            run::<Inline>(&es, 40, |row| row.deposits).await;
            run::<Inline>(&es, 1_000, |row| row.deposits).await;
        }
        workers.shutdown().await.expect("ended");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_memory_the_row_has_counted_each_command_in_each_run() {
    for commands in [40, 1_000] {
        let [following, _] = on(Arc::new(MemoryStore::new()), patient());
        let workers = following.start_with(quick()).await.expect("started");
        run::<Whole>(&following, commands, |row| row.deposits).await;
        workers.shutdown().await.expect("ended");

        let [_, inline] = on(Arc::new(MemoryStore::new()), patient());
        let workers = inline.start_with(quick()).await.expect("started");
        run::<Inline>(&inline, commands, |row| row.deposits).await;
        workers.shutdown().await.expect("ended");
    }
}
