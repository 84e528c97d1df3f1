//! The rate of an import, compared with a bare `COPY` of the same rows into a table with the same columns, checks and
//! indexes.

use std::{fmt::Write, time::Instant};

use eventsource::{EventId, EventSource, Metadata, StreamId, Timestamp, Version, store::ImportEvent};
use eventsource_benches::{
    Aim, Error, Measure, ServerOptions, database, opened, print_peak_memory, vacuum_and_checkpoint,
};
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

const BENCH: &str = "import";
const COPY: &str = "floor: bare copy";

/// How many bytes are sent to a `COPY` at a time.
const PIECE: usize = 1 << 20;
/// When the history begins, in milliseconds.
const BEGIN: u64 = 1_317_422_324_546;

/// Measures the rate of an import.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    server: ServerOptions,
    /// The number of events.
    #[arg(long, value_name = "N", default_value = "200000")]
    events: u64,
    /// The number of events of a chunk.
    #[arg(long, value_name = "N", default_value = "5000")]
    chunk: usize,
}

/// One movement on one of the accounts, in rotation.
struct Movement {
    account: String,
    version: u64,
    id: Uuid,
    payload: String,
    correlation: Uuid,
    millisecond: u64,
}

pub(crate) async fn run(options: Options) -> Result<(), Error> {
    let Options { server, events, chunk } = options;
    let rate = |name, started: Instant| Measure::rate(BENCH, name, events, started.elapsed());

    let floor = database(&server).await?;
    vacuum_and_checkpoint(floor.url()).await?;
    let started = Instant::now();
    copy(floor.url(), events).await?;
    rate(COPY, started).print()?;
    drop(floor);

    let versioned = database(&server).await?;
    let es = EventSource::new(opened(versioned.url()).await?);
    vacuum_and_checkpoint(versioned.url()).await?;
    let started = Instant::now();
    let imported = es.import().chunk(chunk).events(history(events).map(Movement::into_recorded)).await?;
    rate("import, ids and versions kept", started)
        .compared_with([COPY])
        .aim(Aim::at_least(0.5, COPY))
        .print()?;
    assert_eq!(imported.stored, events, "all events are stored");

    let started = Instant::now();
    let again = es.import().chunk(chunk).events(history(events).map(Movement::into_recorded)).await?;
    rate("the same again, all skipped", started).compared_with([COPY]).print()?;
    assert_eq!(again.skipped, events, "all events are skipped");
    es.store().close().await;
    drop(versioned);

    let named = database(&server).await?;
    let es = EventSource::new(opened(named.url()).await?);
    vacuum_and_checkpoint(named.url()).await?;
    let started = Instant::now();
    let imported =
        es.import().from("bank").chunk(chunk).events(history(events).map(Movement::into_new)).await?;
    rate("import, ids and versions assigned", started).compared_with([COPY]).print()?;
    assert_eq!(imported.stored, events, "all events are stored");
    print_peak_memory(BENCH)
}

/// The events of a bank with one account per hundred movements.
fn history(events: u64) -> impl Iterator<Item = Movement> {
    let accounts = events.div_ceil(100);
    (0..events).map(move |number| {
        let millisecond = BEGIN + number;
        // As a program would have generated them over time: ordered, with a random part.
        let chance = u128::from(number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let id = |salt: u128| {
            Uuid::from_u128((u128::from(millisecond) << 80) | (7 << 76) | (2 << 62) | (chance ^ salt) >> 2)
        };
        Movement {
            account: format!("acc-{:08}", number % accounts),
            version: number / accounts + 1,
            id: id(0),
            payload: format!(
                r#"{{"amount":{},"currency":"EUR","reference":"invoice {number:010}","channel":"web"}}"#,
                number % 10_000
            ),
            correlation: id(u128::from(u64::MAX)),
            millisecond,
        }
    })
}

const EVENT_TYPE: &str = "account.deposited";
const NOTE: (&str, &str) = ("user", "teller-17");

impl Movement {
    fn into_new(self) -> Result<ImportEvent, Error> {
        let stream = StreamId::new("account", &self.account)?;
        let metadata =
            Metadata { correlation_id: Some(self.correlation), ..Metadata::new().with(NOTE.0, NOTE.1) };
        Ok(ImportEvent::raw(stream, EVENT_TYPE, 1, self.payload)?.metadata(metadata))
    }

    fn into_recorded(self) -> Result<ImportEvent, Error> {
        let (id, version) = (EventId::from(self.id), Version::new(self.version));
        let time = Timestamp::from_microsecond(i64::try_from(self.millisecond)? * 1000)?;
        Ok(self.into_new()?.id(id).version(version).recorded_at(time))
    }
}

/// Copies the same rows into a table like that of the log.
async fn copy(url: &str, events: u64) -> Result<(), Error> {
    let mut connection = PgConnection::connect(url).await?;
    sqlx::query("create table public.events (like eventsource.events including all)")
        .execute(&mut connection)
        .await?;
    let mut rows = connection.copy_in_raw("copy public.events from stdin").await?;
    let mut piece = String::with_capacity(PIECE + 1024);
    for (movement, position) in history(events).zip(1..) {
        let Movement { account, version, id, payload, correlation, millisecond } = movement;
        let time = Timestamp::from_microsecond(i64::try_from(millisecond)? * 1000)?;
        // Nothing in these values has to be escaped.
        writeln!(
            piece,
            "{position}\taccount\t{account}\t{version}\t{id}\t{EVENT_TYPE}\t1\t{payload}\t{{\"{}\":\"{}\"}}\t{correlation}\t\\N\t{time}",
            NOTE.0, NOTE.1
        )?;
        if piece.len() > PIECE {
            rows.send(piece.as_bytes()).await?;
            piece.clear();
        }
    }
    rows.send(piece.as_bytes()).await?;
    let copied = rows.finish().await?;
    assert_eq!(copied, events, "all rows are copied");
    Ok(connection.close().await?)
}
