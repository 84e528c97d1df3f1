//! The floors: what one would write for this one log and this one table.

use std::collections::HashMap;

use eventsource::Timestamp;
use eventsource_benches::{Decoded, Error};
use futures_util::TryStreamExt;
use sqlx::{Connection, Executor, PgConnection, Row, postgres::PgRow};
use uuid::Uuid;

/// The batch size of the framework.
const BATCH: i64 = 4_000;

/// An event as read.
struct Event<P> {
    position: i64,
    key: String,
    event_type: String,
    payload: P,
}

/// Reads and decodes all events in one statement, and counts them.
pub(crate) async fn read_all<P: Decoded>(url: &str) -> Result<u64, Error> {
    let mut connection = PgConnection::connect(url).await?;
    let mut rows = sqlx::query(
        "select position, category, stream_id, version, event_id, event_type, schema_version, \
         payload::text, metadata::text, correlation_id, causation_id, recorded_at \
         from eventsource.events order by position",
    )
    .fetch(&mut connection);
    let mut read = 0;
    while let Some(row) = rows.try_next().await? {
        std::hint::black_box(event::<P>(&row)?);
        read += 1;
    }
    Ok(read)
}

/// Decodes all columns, as an application would; columns that are not used here are dropped.
fn event<P: Decoded>(row: &PgRow) -> Result<Event<P>, Error> {
    let event_type: String = row.try_get(5)?;
    let payload = P::decode(&event_type, row.try_get(7)?)?;
    std::hint::black_box((
        row.try_get::<String, _>(1)?,
        row.try_get::<i64, _>(3)?,
        row.try_get::<Uuid, _>(4)?,
        row.try_get::<i32, _>(6)?,
        row.try_get::<String, _>(8)?,
        row.try_get::<Option<Uuid>, _>(9)?,
        row.try_get::<Option<Uuid>, _>(10)?,
        // Eight bytes, counted from the year 2000.
        row.try_get_raw(11)?.as_bytes().is_ok(),
    ));
    Ok(Event { position: row.try_get(0)?, key: row.try_get(2)?, event_type, payload })
}

/// Creates the table and its checkpoint.
pub(crate) async fn setup(url: &str) -> Result<(), Error> {
    let mut connection = PgConnection::connect(url).await?;
    connection
        .execute(
            "create table by_hand (key text primary key, events bigint not null, amount bigint not null, \
             last_event text not null, last_at timestamptz not null); \
             create table by_hand_checkpoint (position bigint not null); \
             insert into by_hand_checkpoint values (0)",
        )
        .await?;
    Ok(())
}

/// The number of rows of the table, and of the events folded into them.
pub(crate) async fn rows(url: &str) -> Result<(u64, u64), Error> {
    let mut connection = PgConnection::connect(url).await?;
    let query = sqlx::query_as("select count(*), coalesce(sum(events), 0)::bigint from by_hand");
    let (rows, events): (i64, i64) = query.fetch_one(&mut connection).await?;
    Ok((rows.try_into()?, events.try_into()?))
}

/// Applies all events in batches: each is one transaction with one read, one upsert and one checkpoint.
pub(crate) async fn replay<P: Decoded>(url: &str) -> Result<(), Error> {
    let mut connection = PgConnection::connect(url).await?;
    loop {
        let mut transaction = connection.begin().await?;
        let after: i64 = sqlx::query_scalar("select position from by_hand_checkpoint for update")
            .fetch_one(&mut *transaction)
            .await?;
        let rows = sqlx::query(
            "select position, category, stream_id, version, event_id, event_type, schema_version, \
             payload::text, metadata::text, correlation_id, causation_id, recorded_at \
             from eventsource.events where position > $1 order by position limit $2",
        )
        .bind(after)
        .bind(BATCH)
        .fetch_all(&mut *transaction)
        .await?;
        let events = rows.iter().map(event::<P>).collect::<Result<Vec<_>, _>>()?;
        let Some(last) = events.last().map(|event| event.position) else { return Ok(()) };
        upsert(&mut transaction, &events).await?;
        sqlx::query("update by_hand_checkpoint set position = $1")
            .bind(last)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
    }
}

/// The change of a row by a batch.
struct Change<'a> {
    events: i64,
    amount: i64,
    last_event: &'a str,
    last_at: Timestamp,
}

async fn upsert<P: Decoded>(connection: &mut PgConnection, events: &[Event<P>]) -> Result<(), Error> {
    let mut changes: HashMap<&str, Change<'_>> = HashMap::new();
    for event in events {
        let (last_event, last_at) = (event.event_type.as_str(), event.payload.at());
        let new = Change { events: 0, amount: 0, last_event, last_at };
        let change = changes.entry(&event.key).or_insert(new);
        change.events += 1;
        change.amount += event.payload.amount();
        (change.last_event, change.last_at) = (last_event, last_at);
    }
    let column = |of: fn(&Change<'_>) -> i64| changes.values().map(of).collect::<Vec<_>>();
    sqlx::query(
        "insert into by_hand as kept \
         select key, events, amount, last_event, to_timestamp(last_at / 1e6) \
           from unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::bigint[]) \
                as new (key, events, amount, last_event, last_at) \
         on conflict (key) do update set \
            events = kept.events + excluded.events, amount = kept.amount + excluded.amount, \
            last_event = excluded.last_event, last_at = excluded.last_at",
    )
    .bind(changes.keys().copied().collect::<Vec<_>>())
    .bind(column(|change| change.events))
    .bind(column(|change| change.amount))
    .bind(changes.values().map(|change| change.last_event).collect::<Vec<_>>())
    .bind(column(|change| change.last_at.as_microsecond()))
    .execute(connection)
    .await?;
    Ok(())
}
