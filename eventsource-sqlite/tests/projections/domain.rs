//! A tally with additions, and read models of it: one that follows the log, one that is inline, and one with SQL
//! statements of its own.

use std::{borrow::Cow, convert::Infallible, path::Path, time::Duration};

use async_trait::async_trait;
use eventsource::{
    Aggregate, Apply, Change, Command, Event, EventSource, Fold, Handle, Projection, ProjectionError,
    ReadModel, Recorded, WorkerOptions,
};
use eventsource_conformance::waiting::LIMIT;
use eventsource_sqlite::{SqliteOptions, SqliteStore, SqliteTransaction};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
#[event(category = "tally")]
pub(crate) enum TallyEvent {
    Added { amount: u64 },
}

#[derive(Debug, Default, Clone, Aggregate)]
#[aggregate(event = TallyEvent, id = str)]
pub(crate) struct Tally {
    total: u64,
}

impl Apply<TallyEvent> for Tally {
    fn apply(&mut self, TallyEvent::Added { amount }: TallyEvent) {
        self.total += amount;
    }
}

#[derive(Debug, Clone, Command)]
#[command(aggregate = Tally)]
pub(crate) struct Add(#[command(id)] pub(crate) String, pub(crate) u64);

impl Handle<Add> for Tally {
    type Error = Infallible;

    fn handle(&self, add: &Add) -> Result<Vec<TallyEvent>, Infallible> {
        Ok(vec![TallyEvent::Added { amount: add.1 }])
    }
}

/// The additions to a tally, in order: a missing, repeated or misplaced event shows in `seen`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ReadModel)]
#[read_model(table = "totals", partitions = 4)]
pub(crate) struct Total {
    #[read_model(key)]
    pub(crate) tally: String,
    pub(crate) total: u64,
    pub(crate) seen: Vec<u64>,
}

/// The same by the last digit of the tally, inline: several streams share a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ReadModel)]
#[read_model(table = "digits")]
pub(crate) struct Digit {
    #[read_model(key)]
    pub(crate) digit: String,
    pub(crate) total: u64,
    pub(crate) seen: Vec<u64>,
}

impl Fold<TallyEvent> for Total {
    fn key(event: &Recorded<TallyEvent>) -> Option<String> {
        Some(event.aggregate_id().to_owned())
    }

    fn fold(row: Option<Self>, event: &Recorded<TallyEvent>) -> Change<Self> {
        let TallyEvent::Added { amount } = event.event;
        let new = || Self { tally: event.aggregate_id().to_owned(), total: 0, seen: Vec::new() };
        let mut row = row.unwrap_or_else(new);
        row.total += amount;
        row.seen.push(event.context.position.get());
        Change::Put(row)
    }
}

impl Fold<TallyEvent> for Digit {
    fn key(event: &Recorded<TallyEvent>) -> Option<String> {
        event.aggregate_id().chars().last().map(String::from)
    }

    fn fold(row: Option<Self>, event: &Recorded<TallyEvent>) -> Change<Self> {
        let TallyEvent::Added { amount } = event.event;
        let digit = Self::key(event).unwrap_or_default();
        let mut row = row.unwrap_or(Self { digit, total: 0, seen: Vec::new() });
        row.total += amount;
        row.seen.push(event.context.position.get());
        Change::Put(row)
    }
}

/// A row for each event, by an `insert` that fails for the second of two.
pub(crate) struct Entries;

#[async_trait]
impl Projection<SqliteStore> for Entries {
    type Event = TallyEvent;
    const NAME: &'static str = "entries";

    fn key<'a>(&self, _event: &'a Recorded<TallyEvent>) -> Option<Cow<'a, str>> {
        Some(Cow::Borrowed(""))
    }

    async fn setup(&self, transaction: &mut SqliteTransaction) -> Result<(), ProjectionError> {
        let tables = "create table if not exists entries (position integer not null primary key, amount integer not null);
                      create index if not exists entries_by_amount on entries (amount)";
        sqlx::raw_sql(tables).execute(&mut **transaction).await?;
        Ok(())
    }

    async fn apply(
        &self,
        events: &[Recorded<TallyEvent>],
        transaction: &mut SqliteTransaction,
    ) -> Result<(), ProjectionError> {
        for event in events {
            let TallyEvent::Added { amount } = event.event;
            sqlx::query("insert into entries (position, amount) values (?1, ?2)")
                .bind(i64::try_from(event.context.position.get())?)
                .bind(i64::try_from(amount)?)
                .execute(&mut **transaction)
                .await?;
        }
        Ok(())
    }
}

/// A program of the application, with all three projections.
pub(crate) async fn program(path: &Path) -> EventSource<SqliteStore> {
    let options = SqliteOptions::new().busy_timeout(LIMIT);
    let store = SqliteStore::open_with(path, options).await.expect("the file can be opened");
    EventSource::builder(store)
        .projection(Total::projection())
        .inline(Digit::projection())
        .projection(Entries)
        .build()
}

/// Worker options with a short lease, so that killed workers are detected soon.
pub(crate) fn options(application: &str) -> WorkerOptions {
    WorkerOptions::default()
        .lease(Duration::from_millis(600))
        .poll(Duration::from_millis(20))
        .shutdown(LIMIT)
        .application(application.to_owned())
}
