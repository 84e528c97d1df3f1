//! Every kind of projection, from position 0, with writers that are slow, roll back, and are killed.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::Duration,
};

use eventsource::{
    FailurePolicy,
    postgres::{
        PgTransaction,
        sqlx::{self},
    },
    prelude::*,
    store::StartAt,
};

use super::{
    bank::{AccountEvent, Amounts, Awards, Delivered, Deposit, Inline, Quartered, Seen, Whole, signed},
    savings::Savings,
    support::{
        Chance, connect, database, figure, number, patient, pool, quick, store, torture, until_followed,
        until_inline,
    },
    truth::Truth,
    writers::{account, amount, append_to_several, write_and_be_killed},
};

const WRITERS: u64 = 24;
/// How many transactions each of these writers makes, and how many appends or commands the other writers.
const TRANSACTIONS: usize = 40;
const APPENDS: usize = 100;
const COMMANDS: usize = 30;

/// The most repetitions of an attempt, until it has provoked a failure.
const ATTEMPTS: u64 = 20;

#[tokio::test(flavor = "multi_thread")]
async fn every_following_projection_gets_each_event_once_and_in_order() {
    let database = database().await;
    let url = database.url();
    let es = EventSource::builder(store(url).await)
        .projection(Whole::projection())
        .projection(Quartered::projection())
        .projection(Amounts::projection())
        .projection(Seen)
        .handler(Delivered(pool(url)), StartAt::Beginning)
        .policy(Awards, StartAt::Beginning)
        .process::<Savings>(StartAt::Beginning)
        .build();
    let workers = es.start_with(quick()).await.expect("started");
    let mut writers: Vec<_> = (0..WRITERS)
        .map(|seed| tokio::spawn(write_and_be_killed(url.to_owned(), seed, torture::times(TRANSACTIONS))))
        .collect();
    for seed in 0..2 {
        let store = store(url).await;
        writers.push(tokio::spawn(async move {
            let mut chance = Chance(1_000 + seed);
            for _ in 0..torture::times(APPENDS) {
                append_to_several(&store, &mut chance).await;
                chance.pause(Duration::from_millis(8)).await;
            }
        }));
    }
    for writer in writers {
        writer.await.expect("no writer fails");
    }
    until_followed(url).await;
    workers.shutdown().await.expect("ended");

    let mut truth = Truth::read(url).await;
    let again = truth.assert_all().await;
    let drawn = number(&mut connect(url).await, "select last_value from eventsource.event_position").await;
    figure(&format!("{} events of {drawn} positions, {again} delivered again", truth.events.len()));
    assert!(usize::try_from(drawn).expect("few") > truth.events.len(), "no transaction was rolled back");
}

/// An inline projection that fails at random. The append of a failure must not be recorded.
struct Moody(Mutex<Chance>);

#[async_trait::async_trait]
impl Projection<PostgresStore> for Moody {
    type Event = AccountEvent;
    const NAME: &'static str = "moody";

    async fn setup(&self, transaction: &mut PgTransaction) -> Result<(), ProjectionError> {
        let table = "create table moody (position bigint primary key)";
        sqlx::query(table).execute(&mut **transaction).await?;
        Ok(())
    }

    async fn apply(
        &self,
        events: &[Recorded<AccountEvent>],
        transaction: &mut PgTransaction,
    ) -> Result<(), ProjectionError> {
        let positions: Vec<_> = events.iter().map(|event| signed(event.context.position)).collect();
        let insert = sqlx::query("insert into moody select unnest($1::bigint[])").bind(positions);
        insert.execute(&mut **transaction).await?;
        match self.0.lock().expect("no panic").below(20) {
            0 => Err(ProjectionError::new("not now")),
            _ => Ok(()),
        }
    }

    fn on_failure(&self) -> FailurePolicy {
        let delay = Duration::from_millis(1);
        FailurePolicy::default().attempts(usize::MAX).min_delay(delay).max_delay(delay)
    }
}

/// Executes commands while their connections are killed. Returns how many failed because of the projection.
async fn tell(es: EventSource<PostgresStore>, seed: u64, commands: usize) -> usize {
    let mut chance = Chance(seed);
    let mut moods = 0;
    for n in 0..commands {
        let (one, other) = (account(&mut chance), account(&mut chance));
        let outcome = match n % 3 {
            0 if one != other => {
                let both = es.atomically().execute(Deposit(&one, 1)).execute(Deposit(&other, 2));
                both.await.map(|_| ()).map_err(|error| (error.is_retryable(), format!("{error:?}")))
            }
            _ => {
                let deposit = es.execute(Deposit(&one, amount(&mut chance)));
                deposit.await.map(|_| ()).map_err(|error| (error.is_retryable(), format!("{error:?}")))
            }
        };
        match outcome {
            Ok(()) => {}
            Err((_, text)) if text.contains("not now") => moods += 1,
            Err((is_retryable, text)) => assert!(is_retryable, "{text}"),
        }
    }
    moods
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inline_projection_has_each_event_once_from_before_and_after_its_promotion() {
    let database = database().await;
    let url = database.url();
    let es = EventSource::builder(store(url).await)
        .retry(patient())
        .inline(Inline::projection())
        .inline(Moody(Mutex::new(Chance(1))))
        .projection(Seen)
        .build();
    let workers = es.start_with(quick()).await.expect("started");
    // Appends without the event source, until they are refused.
    let writers: Vec<_> = (0..WRITERS)
        .map(|seed| tokio::spawn(write_and_be_killed(url.to_owned(), seed, torture::times(TRANSACTIONS))))
        .collect();
    for writer in writers {
        writer.await.expect("no writer fails");
    }
    let before = number(&mut connect(url).await, "select count(*) from eventsource.events").await;
    let mut connection = connect(url).await;
    until_inline(url).await;

    let over = Arc::new(AtomicBool::new(false));
    let killed = Arc::new(AtomicI64::new(0));
    let killer = tokio::spawn({
        let (over, killed) = (Arc::clone(&over), Arc::clone(&killed));
        let mut connection = connect(url).await;
        async move {
            let mut chance = Chance(99);
            while !over.load(Ordering::SeqCst) {
                let kill = "select count(pg_terminate_backend(pid)) from (
                    select pid from pg_stat_activity
                     where datname = current_database() and application_name = 'eventsource' and state <> 'idle'
                     order by random() limit 1) a";
                killed.fetch_add(number(&mut connection, kill).await, Ordering::SeqCst);
                chance.pause(Duration::from_millis(60)).await;
            }
        }
    });
    let mut moods = 0;
    // Until both kinds of failures have occurred.
    for attempt in 0..ATTEMPTS {
        let seeds = attempt * WRITERS..(attempt + 1) * WRITERS;
        let tellers = seeds.map(|seed| tokio::spawn(tell(es.clone(), seed, torture::times(COMMANDS))));
        for teller in tellers.collect::<Vec<_>>() {
            moods += teller.await.expect("no command fails permanently");
        }
        if moods > 0 && killed.load(Ordering::SeqCst) > 0 {
            break;
        }
    }
    over.store(true, Ordering::SeqCst);
    killer.await.expect("no panic");
    let killed = killed.load(Ordering::SeqCst);
    until_followed(url).await;
    workers.shutdown().await.expect("ended");

    let mut truth = Truth::read(url).await;
    truth.assert_balances("inline_balances").await;
    truth.assert_seen().await;
    let positions: Vec<i64> = sqlx::query_scalar("select position from moody order by 1")
        .fetch_all(&mut connection)
        .await
        .expect("rows");
    assert!(positions == truth.events.iter().map(|event| event.position).collect::<Vec<_>>());
    figure(&format!("{before} of {} events before; {moods} moods, {killed} killed", truth.events.len()));
    assert!(moods > 0 && killed > 0, "nothing failed, so the test has proved nothing");
}
