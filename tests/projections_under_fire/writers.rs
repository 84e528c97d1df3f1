//! Writers: commands, appends to several streams, and transactions that are held open, rolled back and killed.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use eventsource::{
    EventId, Metadata,
    postgres::{
        PostgresStore,
        sqlx::{self, PgConnection},
    },
    prelude::*,
    store::{Append, EventStore, ExpectedVersion, NewEvent, StreamAppend},
};
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::{
    bank::{AccountEvent, Deposit, Empty},
    support::{Chance, connect, in_time, run},
};

/// The number of accounts.
pub(crate) const ACCOUNTS: u64 = 200;

pub(crate) fn account(chance: &mut Chance) -> String {
    chance.below(ACCOUNTS).to_string()
}

pub(crate) fn amount(chance: &mut Chance) -> i64 {
    i64::try_from(1 + chance.below(9)).expect("a small number")
}

/// Writers that run until they are stopped.
#[derive(Debug, Default)]
pub(crate) struct Writers {
    over: Arc<AtomicBool>,
    written: Arc<AtomicU64>,
    tasks: Vec<JoinHandle<()>>,
}

impl Writers {
    /// Tasks that execute commands. A command that fails in an outage is given up, and the next one follows.
    pub(crate) fn tell(&mut self, es: &EventSource<PostgresStore>, tasks: u64, pause: Duration) {
        for seed in 0..tasks {
            let (es, over, written) = (es.clone(), Arc::clone(&self.over), Arc::clone(&self.written));
            self.tasks.push(tokio::spawn(async move {
                let mut chance = Chance(seed);
                while !over.load(Ordering::SeqCst) {
                    match command(&es, &mut chance).await {
                        Ok(()) => _ = written.fetch_add(1, Ordering::SeqCst),
                        Err(is_retryable) => assert!(is_retryable.is_none(), "{is_retryable:?}"),
                    }
                    chance.pause(pause).await;
                }
            }));
        }
    }

    pub(crate) async fn end(self) {
        self.over.store(true, Ordering::SeqCst);
        for task in self.tasks {
            in_time("a writer to end", task).await.expect("no writer fails");
        }
    }
}

/// Executes a command, or several atomically. The error is `Some` only if it is unexpected.
async fn command(es: &EventSource<PostgresStore>, chance: &mut Chance) -> Result<(), Option<String>> {
    let (one, other) = (account(chance), account(chance));
    let amount = amount(chance);
    match chance.below(20) {
        0 => unless_retryable(es.execute(Empty(&one)).await),
        1..5 if one != other => {
            let all = es.atomically().execute(Deposit(&one, amount)).execute(Deposit(&other, amount));
            unless_retryable(all.execute(Deposit(&one, 1)).await)
        }
        _ => unless_retryable(es.execute(Deposit(&one, amount)).await),
    }
}

fn unless_retryable<T, E: std::error::Error + 'static>(
    outcome: Result<T, ExecuteError<E>>,
) -> Result<(), Option<String>> {
    match outcome {
        Ok(_) => Ok(()),
        Err(error) if error.is_retryable() => Err(None),
        Err(error) => Err(Some(format!("{error:?}"))),
    }
}

/// Appends to several streams atomically, without an event source.
pub(crate) async fn append_to_several(store: &PostgresStore, chance: &mut Chance) {
    let mut accounts = [account(chance), account(chance), account(chance)].to_vec();
    accounts.sort();
    accounts.dedup();
    let part = |account: &String| {
        let event =
            |amount| NewEvent::encode(&AccountEvent::Deposited { amount }, Metadata::new()).expect("JSON");
        StreamAppend {
            stream: StreamId::new("account", account).expect("an id"),
            expected: ExpectedVersion::Any,
            events: vec![event(amount(&mut chance.clone())), event(7)],
        }
    };
    let append =
        Append { streams: accounts.iter().map(part).collect(), idempotency_key: None, request: None };
    // The streams are locked in another order than by the writers with their own transactions.
    if let Err(error) = store.append(append).await {
        assert!(error.is_retryable(), "{error:?}");
    }
}

/// Appends like the store, but on a connection of the test, and so within any transaction.
pub(crate) async fn append_by_hand(
    connection: &mut PgConnection,
    account: &str,
    amounts: &[i64],
) -> Result<(), sqlx::Error> {
    let append = "select from eventsource.append(
        array[1], array['account'], array[$1], array[-1]::bigint[], array[cardinality($2::bigint[])], array[null]::text[],
        $3::uuid[], array(select 'account.deposited' from unnest($2)), array(select 1 from unnest($2)),
        array(select json_build_object('amount', a)::text from unnest($2) a), array(select '{}' from unnest($2)),
        array(select null::uuid from unnest($2)), array(select null::uuid from unnest($2)))";
    let ids: Vec<Uuid> = amounts.iter().map(|_| EventId::new().as_uuid()).collect();
    sqlx::query(append).bind(account).bind(amounts).bind(ids).execute(connection).await.map(|_| ())
}

/// Transactions of up to three appends with pauses at all points. One in ten is rolled back, and the backend of
/// some is killed while they commit. Ends early when a read model is inline.
pub(crate) async fn write_and_be_killed(url: String, seed: u64, transactions: usize) {
    let pause = Duration::from_millis(8);
    let mut chance = Chance(seed);
    let mut connection = connect(&url).await;
    'transactions: for _ in 0..transactions {
        // Mostly in order, because otherwise the writers would mainly wait for each other's streams.
        let mut accounts = [account(&mut chance), account(&mut chance), account(&mut chance)];
        accounts.sort();
        run(&mut connection, "begin").await;
        for account in accounts {
            let amounts = [amount(&mut chance), amount(&mut chance)];
            match append_by_hand(&mut connection, &account, &amounts).await {
                Ok(()) => {}
                // A deadlock between writers, or a command was faster.
                Err(error) if ["40P01", "23505"].contains(&&*code(&error)) => {
                    run(&mut connection, "rollback").await;
                    continue 'transactions;
                }
                Err(error) if code(&error) == "ES001" => return,
                Err(error) => panic!("{error}"),
            }
            chance.pause(pause).await;
        }
        match chance.below(100) {
            0..10 => run(&mut connection, "rollback").await,
            10..14 => {
                kill_while_committing(&url, connection, &mut chance).await;
                connection = connect(&url).await;
            }
            _ => run(&mut connection, "commit").await,
        }
    }
}

fn code(error: &sqlx::Error) -> String {
    error.as_database_error().and_then(|error| error.code()).unwrap_or_default().into_owned()
}

async fn kill_while_committing(url: &str, mut connection: PgConnection, chance: &mut Chance) {
    let pid: i32 =
        sqlx::query_scalar("select pg_backend_pid()").fetch_one(&mut connection).await.expect("a pid");
    let mut killer = connect(url).await;
    let commit = tokio::spawn(async move {
        // Committed or killed: both outcomes are expected.
        let _ = sqlx::raw_sql("commit").execute(&mut connection).await;
    });
    chance.pause(Duration::from_micros(500)).await;
    run(&mut killer, format!("select pg_terminate_backend({pid})")).await;
    commit.await.expect("the commit has an end");
}
