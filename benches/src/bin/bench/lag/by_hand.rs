//! A table of events with a trigger that notifies, and a listener that applies new events. Appends wait for each other,
//! which is rarely necessary at this rate.

use eventsource_benches::Error;
use sqlx::{Connection, Executor, PgConnection, PgPool, postgres::PgListener};
use tokio::sync::watch;

use super::pace::{self, Measured, Subject};

const SETUP: &str = "
    create table by_hand_events (
        position bigint generated always as identity primary key,
        payload json not null
    );
    -- Without it an event would be missed that another one with a higher position overtakes.
    create function by_hand_in_order() returns trigger language plpgsql as $$
        begin
            perform pg_advisory_xact_lock(1);
            return null;
        end
    $$;
    create trigger in_order before insert on by_hand_events
        for each statement execute function by_hand_in_order();
    create function by_hand_notify() returns trigger language plpgsql as $$
        begin
            perform pg_notify('by_hand', '');
            return null;
        end
    $$;
    create trigger notify after insert on by_hand_events
        for each statement execute function by_hand_notify();
    create table by_hand_numbers (n bigint primary key);
    create table by_hand_checkpoint (position bigint not null);
    insert into by_hand_checkpoint values (0)";

struct ByHand {
    pool: PgPool,
    applied: watch::Receiver<i64>,
}

impl Subject for ByHand {
    type Receipt = i64;

    const TABLE: &'static str = "by_hand_numbers";

    async fn append(&self, n: i64) -> Result<i64, Error> {
        let append = "insert into by_hand_events (payload) values ($1::text::json) returning position";
        let payload = format!("{{\"n\":{n}}}");
        Ok(sqlx::query_scalar(append).bind(payload).fetch_one(&self.pool).await?)
    }

    async fn applied(&self, position: i64) -> Result<(), Error> {
        self.applied.clone().wait_for(|applied| *applied >= position).await?;
        Ok(())
    }
}

pub(crate) async fn measure(url: &str, events: usize) -> Result<Measured, Error> {
    let pool = PgPool::connect(url).await?;
    pool.execute(SETUP).await?;
    let mut listener = PgListener::connect_with(&pool).await?;
    listener.listen("by_hand").await?;
    let mut connection = PgConnection::connect(url).await?;
    let (reported, applied) = watch::channel(0);
    let listening = tokio::spawn(async move {
        loop {
            listener.recv().await?;
            reported.send_replace(apply(&mut connection).await?);
        }
        #[expect(unreachable_code, reason = "for the type of the errors")]
        Ok::<(), Error>(())
    });
    let measured = pace::measure(url, ByHand { pool, applied }, events).await;
    listening.abort();
    measured
}

/// Applies the new events and advances the checkpoint.
async fn apply(connection: &mut PgConnection) -> Result<i64, Error> {
    let mut transaction = connection.begin().await?;
    let after: i64 = sqlx::query_scalar("select position from by_hand_checkpoint for update")
        .fetch_one(&mut *transaction)
        .await?;
    let read = "select position, payload::text from by_hand_events where position > $1 order by position";
    let events: Vec<(i64, String)> = sqlx::query_as(read).bind(after).fetch_all(&mut *transaction).await?;
    let Some((last, _)) = events.last() else { return Ok(after) };
    let numbers = events.iter().map(|(_, payload)| {
        let payload: serde_json::Value = serde_json::from_str(payload)?;
        payload["n"].as_i64().ok_or_else(|| Error::from("no number"))
    });
    let numbers = numbers.collect::<Result<Vec<_>, _>>()?;
    sqlx::query("insert into by_hand_numbers select unnest($1::bigint[])")
        .bind(numbers)
        .execute(&mut *transaction)
        .await?;
    sqlx::query("update by_hand_checkpoint set position = $1").bind(last).execute(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(*last)
}
