//! A tour in five minutes: open an account, deposit, be rejected, race for a version, read the history, and read an
//! event that a much older program wrote.
//!
//! `cargo run --example bank` stores events in the file `bank.db` in the directory for temporary files: run it
//! twice, and the events of the first run are still there. `-- --store sqlite:FILE` uses another file,
//! `-- --store memory:` only memory, and, with `--features postgres`, `-- --store postgres://…` PostgreSQL.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "an example shows what it does")]

mod domain;

use std::{env, error::Error, process::ExitCode};

use clap::Parser;
use eventsource::{
    AnyStore, EventId, Metadata,
    prelude::*,
    store::{Append, AppendError, EventStore, ExpectedVersion, NewEvent},
};
use futures_util::{TryStreamExt, future::try_join_all};

use domain::{Account, AccountEvent, Currency, Deposit, Open, Withdraw};

/// A bank account, event-sourced.
#[derive(Debug, Parser)]
struct Arguments {
    /// Where to store the events: `memory:`, `sqlite:FILE`, or a URL such as `postgres://user@localhost/bank`
    /// [default: the file `bank.db` in the directory for temporary files].
    #[arg(long)]
    store: Option<String>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let Arguments { store } = Arguments::parse();
    let in_temporary_files = env::temp_dir().join("bank.db");
    let is_default = store.is_none();
    let store = store.unwrap_or_else(|| format!("sqlite:{}", in_temporary_files.display()));
    match start(&store).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let failed = report(&*error);
            if is_default {
                let file = in_temporary_files.display();
                eprintln!(
                    "if {file} is of an earlier version, delete it, or use another file: `-- --store sqlite:FILE`"
                );
            }
            failed
        }
    }
}

/// Prints the error with its causes. Returned from `main`, it would be printed as `Debug`, without what to do.
fn report(error: &dyn Error) -> ExitCode {
    eprintln!("error: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        eprintln!("  caused by: {error}");
        cause = error.source();
    }
    ExitCode::FAILURE
}

pub(crate) async fn start(store: &str) -> Result<(), Box<dyn Error>> {
    println!("store          {store}");
    eventsource::migrate(store).await?;
    run(&EventSource::new(eventsource::open(store).await?)).await
}

async fn run(es: &EventSource<AnyStore>) -> Result<(), Box<dyn Error>> {
    what_is_there(es).await?;
    // A new account on each run: accounts of earlier runs still exist.
    let account = format!("acc-{}", EventId::new());
    let open = Open { account: account.clone(), owner: "Ada".to_owned(), currency: Currency::Eur };
    let receipt = es.execute(open).await?;
    println!("opened         {account} at version {}", receipt.version);

    let deposit = Deposit { account: account.clone(), amount: 10_000 };
    let receipt = es.execute(deposit).metadata("channel", "branch").await?;
    println!("deposited      10000, now at version {} and position {}", receipt.version, receipt.position);

    let withdraw = Withdraw { account: account.clone(), amount: 50_000 };
    match es.execute(withdraw).await {
        Err(ExecuteError::Rejected(reason)) => println!("rejected       50000: {reason}"),
        other => return Err(format!("an overdraft should be rejected: {other:?}").into()),
    }

    conflict(es, &account).await?;

    let first =
        es.execute(Deposit { account: account.clone(), amount: 1 }).idempotency_key("request-1").await?;
    let again =
        es.execute(Deposit { account: account.clone(), amount: 1 }).idempotency_key("request-1").await?;
    println!("repeated       version {} again: {}", again.version, first.version == again.version);

    let now = es.load::<Account>(&account).await?;
    let then = es.load_as_of::<Account>(&account, Version::new(2)).await?;
    println!("balance        {} now, {} after version 2", now.state.balance, then.state.balance);

    println!("history");
    let mut history = es.history::<Account>(&account);
    while let Some(recorded) = history.try_next().await? {
        let Recorded { context, event } = recorded;
        println!("  {:>2}  {}  {event:?}", context.version.get(), context.recorded_at);
    }

    read_an_old_event(es).await
}

/// Reports the events of earlier runs.
async fn what_is_there(es: &EventSource<AnyStore>) -> Result<(), Box<dyn Error>> {
    let (mut accounts, mut events, mut since) = (0, 0, None);
    let mut log = es.replay::<AccountEvent>(Position::START);
    while let Some(recorded) = log.try_next().await? {
        since.get_or_insert(recorded.context.recorded_at);
        accounts += u64::from(recorded.context.version == Version::new(1));
        events += 1;
    }
    match since {
        Some(since) => println!("found          {events} events of {accounts} accounts, kept since {since}"),
        None => println!("found          no events yet"),
    }
    Ok(())
}

/// What happens when concurrent appends or commands race.
async fn conflict(es: &EventSource<AnyStore>, account: &str) -> Result<(), Box<dyn Error>> {
    // By hand: decided at version 1, while the account already has version 2.
    let late = NewEvent::encode(&AccountEvent::Withdrawn { amount: 1_000 }, Metadata::new())?;
    let expected = ExpectedVersion::Exact(Version::new(1));
    match es.store().append(Append::to(StreamId::of::<Account>(account)?, expected, vec![late])).await {
        Err(AppendError::Conflict { actual, .. }) => {
            println!("conflict       expected version 1, found {actual}")
        }
        other => return Err(format!("a stale append should conflict: {other:?}").into()),
    }
    // Through commands: eight concurrent ones. A command that loses the race is handled again on the new state.
    let withdrawals = (0..8).map(|_| {
        let (es, account) = (es.clone(), account.to_owned());
        tokio::spawn(async move { es.execute(Withdraw { account, amount: 1_000 }).await })
    });
    for withdrawal in try_join_all(withdrawals).await? {
        withdrawal?;
    }
    println!("raced          8 withdrawals of 1000, all accepted, none lost");
    Ok(())
}

/// Stores an event as version 1 of the program did, and reads it with this one.
async fn read_an_old_event(es: &EventSource<AnyStore>) -> Result<(), Box<dyn Error>> {
    let account = format!("acc-{}", EventId::new());
    let old = NewEvent {
        id: EventId::new(),
        event_type: "account.opened".into(),
        schema_version: 1,
        payload: serde_json::value::RawValue::from_string(r#"{"owner":"Grace"}"#.to_owned())?,
        metadata: Metadata::new(),
    };
    let stream = StreamId::of::<Account>(&account)?;
    es.store().append(Append::to(stream, ExpectedVersion::NoStream, vec![old])).await?;
    let upcast: Vec<Recorded<AccountEvent>> = es.history::<Account>(&account).try_collect().await?;
    println!("upcast         {{\"owner\":\"Grace\"}} of version 1 reads as {:?}", upcast[0].event);
    println!("can all stored events be read?\n{}", es.check_schemas::<AccountEvent>().await?);
    Ok(())
}
