//! Generations with their checkpoints, workers and parked events.

use std::time::Duration;

use eventsource_core::{
    EventId, Position, StreamId, Version,
    store::{
        Checkpoint, Generation, GenerationId, GenerationState, Heartbeat, ParkedEvent, ParkedRequest,
        Stopped, Worker, WorkerId, rules::generations::Existing,
    },
};

use super::Decoder;
use crate::row::{SqlRow, decode_error, id, json, named, unsigned};

impl Decoder {
    /// The generations, and the heartbeats of the workers that own their partitions. Whether an owner is alive is not set.
    ///
    /// There is a row for each checkpoint, ordered by generation and partition, with the columns
    ///
    /// - of the generation: id, name, version, kind, state, inline, `swap_when_ready`, `keep_old`, `created_at`;
    /// - of the checkpoint: position, epoch, owner, number of events, of parked events and of keys with a request,
    ///   `last_error`, reason and time of the stop, `updated_at`;
    /// - `event_types` of the generation;
    /// - of the owner: application, and those of its heartbeat: its count, the lease in microseconds, and an integer that
    ///   `age` converts to the microseconds since the heartbeat.
    ///
    /// # Errors
    ///
    /// If a column cannot be decoded.
    pub fn generations(
        self,
        rows: &[impl SqlRow],
        age: impl Fn(i64) -> i64,
    ) -> Result<(Vec<Generation>, Vec<Heartbeat>), sqlx::Error> {
        let (mut generations, mut heartbeats): (Vec<Generation>, _) = (Vec::new(), Vec::new());
        for row in rows {
            let id = GenerationId::new(unsigned(row, 0)?);
            if generations.last().is_none_or(|last| last.id != id) {
                generations.push(self.generation(id, row)?);
            }
            let checkpoint = self.checkpoint(row)?;
            if let Some(owner) = checkpoint.owner.filter(|_| checkpoint.owner_application.is_some()) {
                heartbeats.push(heartbeat(row, owner, 21, &age)?);
            }
            if let Some(last) = generations.last_mut() {
                last.checkpoints.push(checkpoint);
            }
        }
        Ok((generations, heartbeats))
    }

    fn generation(self, id: GenerationId, row: &impl SqlRow) -> Result<Generation, sqlx::Error> {
        Ok(Generation {
            id,
            name: row.text(1)?.to_owned(),
            version: u32::try_from(row.integer(2)?).map_err(decode_error)?,
            kind: named(row, 3)?,
            state: state(row, 4)?,
            inline: row.boolean(5)?,
            swap_when_ready: row.boolean(6)?,
            keep_old: row.boolean(7)?,
            created_at: self.timestamp(row, 8)?,
            event_types: json(row, 19)?,
            checkpoints: Vec::new(),
        })
    }

    fn checkpoint(self, row: &impl SqlRow) -> Result<Checkpoint, sqlx::Error> {
        let stopped = match (row.optional_text(16)?, self.optional_timestamp(row, 17)?) {
            (Some(_), Some(at)) => Some(Stopped { reason: json(row, 16)?, at }),
            _ => None,
        };
        Ok(Checkpoint {
            position: Position::new(unsigned(row, 9)?),
            epoch: unsigned(row, 10)?,
            owner: row.optional_id(11)?.map(WorkerId::from),
            owner_application: row.optional_text(20)?.map(str::to_owned),
            owner_lives: false,
            events: unsigned(row, 12)?,
            parked: unsigned(row, 13)?,
            parked_requests: unsigned(row, 14)?,
            last_error: row.optional_text(15)?.map(str::to_owned),
            stopped,
            updated_at: self.timestamp(row, 18)?,
        })
    }

    /// A parked event, from the columns key, position, category, `stream_id`, version, `event_id`, `event_type`, error,
    /// attempts, `parked_at`, request, `request_reason`, discarded.
    ///
    /// # Errors
    ///
    /// If a column cannot be decoded.
    pub fn parked(self, row: &impl SqlRow) -> Result<ParkedEvent, sqlx::Error> {
        let position = Position::new(unsigned(row, 1)?);
        let request = match row.optional_text(10)? {
            None => None,
            Some(name) => {
                let reason = row.optional_text(11)?.map(str::to_owned);
                Some(ParkedRequest::from_parts(name, position, reason).map_err(decode_error)?)
            }
        };
        Ok(ParkedEvent {
            key: row.text(0)?.to_owned(),
            position,
            stream: StreamId::new(row.text(2)?, row.text(3)?).map_err(decode_error)?,
            version: Version::new(unsigned(row, 4)?),
            id: EventId::from(id(row, 5)?),
            event_type: row.text(6)?.to_owned(),
            error: row.optional_text(7)?.map(str::to_owned),
            attempts: usize::try_from(unsigned(row, 8)?).unwrap_or(usize::MAX),
            parked_at: self.timestamp(row, 9)?,
            request,
            discarded: row.optional_text(12)?.map(str::to_owned),
        })
    }
}

/// A worker, from the columns id, application, supported projections, and those of its heartbeat.
///
/// # Errors
///
/// If a column cannot be decoded.
pub fn worker(row: &impl SqlRow, age: impl Fn(i64) -> i64) -> Result<(Worker, Heartbeat), sqlx::Error> {
    let id = WorkerId::from(id(row, 0)?);
    let worker = Worker { id, application: row.text(1)?.to_owned(), supports: json(row, 2)? };
    Ok((worker, heartbeat(row, id, 3, age)?))
}

/// A generation for the rules, from the columns id, version, state.
///
/// # Errors
///
/// If a column cannot be decoded.
pub fn existing(row: &impl SqlRow) -> Result<Existing, sqlx::Error> {
    let version = u32::try_from(row.integer(1)?).map_err(decode_error)?;
    Ok(Existing { id: GenerationId::new(unsigned(row, 0)?), version, state: state(row, 2)? })
}

/// The state of a generation.
///
/// # Errors
///
/// If the column cannot be decoded.
pub fn state(row: &impl SqlRow, column: usize) -> Result<GenerationState, sqlx::Error> {
    named(row, column)
}

/// The heartbeat of the owner of a partition, from the columns worker, and those of its heartbeat.
///
/// # Errors
///
/// If a column cannot be decoded.
pub fn owner(row: &impl SqlRow, age: impl Fn(i64) -> i64) -> Result<Heartbeat, sqlx::Error> {
    heartbeat(row, WorkerId::from(id(row, 0)?), 1, age)
}

/// The heartbeat of a worker, from three columns, which begin at `column`: its count, the lease in microseconds, and an
/// integer that `age` converts to the microseconds since the heartbeat.
fn heartbeat(
    row: &impl SqlRow,
    worker: WorkerId,
    column: usize,
    age: impl Fn(i64) -> i64,
) -> Result<Heartbeat, sqlx::Error> {
    let age = age(row.integer(column + 2)?);
    Ok(Heartbeat {
        worker,
        count: unsigned(row, column)?,
        lease: Duration::from_micros(unsigned(row, column + 1)?),
        // Negative if the clock was set back.
        age: Duration::from_micros(u64::try_from(age).unwrap_or(0)),
    })
}

#[cfg(test)]
mod tests {
    use sqlx::{AssertSqlSafe, Connection, SqliteConnection, sqlite::SqliteRow};

    use super::*;

    const ID: &str = "x'00000000000070008000000000000001'";

    async fn select(sql: &str) -> Vec<SqliteRow> {
        let mut connection = SqliteConnection::connect("sqlite::memory:").await.expect("a database");
        let rows = sqlx::query(AssertSqlSafe(format!("select {sql}"))).fetch_all(&mut connection).await;
        rows.expect("rows")
    }

    fn generation(id: u64, checkpoint: &str, owner: &str) -> String {
        let types = serde_json::to_string(&eventsource_core::store::EventTypes::default()).expect("JSON");
        format!("{id}, 'p', 1, 'following', 'live', 0, 1, 0, 5, {checkpoint}, 9, '{types}', {owner}")
    }

    #[tokio::test]
    async fn a_generation_has_the_checkpoints_of_its_rows() {
        let running = format!("11, 1, {ID}, 4, 0, 0, null, null, null");
        let stopped = r#"12, 2, null, 5, 2, 1, 'broken', '{"kind": "failed", "event": "e", "position": 13, "attempts": 2, "error": "no"}', 8"#;
        let rows = [
            generation(1, &running, "'app', 3, 1000, 40"),
            generation(1, &running, "null, null, null, null"),
            generation(2, stopped, "null, null, null, null"),
        ];
        let rows = select(&rows.join(" union all select ")).await;
        let found = Decoder::since(0).generations(&rows, |beat_at| 100 - beat_at).expect("generations");
        let (generations, heartbeats) = found;
        let checkpoints = generations.iter().map(|generation| generation.checkpoints.len());
        assert_eq!(checkpoints.collect::<Vec<_>>(), [2, 1]);
        let checkpoint = &generations[0].checkpoints[0];
        assert_eq!((checkpoint.position.get(), checkpoint.epoch, checkpoint.events), (11, 1, 4));
        assert_eq!(checkpoint.owner_application.as_deref(), Some("app"));
        let checkpoint = &generations[1].checkpoints[0];
        assert_eq!((checkpoint.parked, checkpoint.parked_requests), (2, 1));
        assert_eq!(checkpoint.stopped.as_ref().map(|it| it.at.as_microsecond()), Some(8));
        // The second row has an owner that is not in the table of workers any more.
        let [heartbeat] = heartbeats[..] else { panic!("{heartbeats:?}") };
        assert_eq!((heartbeat.count, heartbeat.age), (3, Duration::from_micros(60)));
    }

    #[tokio::test]
    async fn a_heartbeat_of_the_future_was_sent_now() {
        let rows = select(&format!("{ID}, 3, 1000, 140")).await;
        let heartbeat = owner(&rows[0], |beat_at| 100 - beat_at).expect("a heartbeat");
        assert_eq!((heartbeat.lease, heartbeat.age), (Duration::from_millis(1), Duration::ZERO));
    }

    #[tokio::test]
    async fn a_parked_event_has_the_request_that_was_made() {
        let parked = |request: &str| {
            format!("'k', 7, 'account', 'a', 3, {ID}, 'opened', 'why', 2, 5, {request}, null")
        };
        let rows = ["null, null", "'discard', 'wrong'", "'unknown', null"].map(parked);
        let rows = select(&rows.join(" union all select ")).await;
        let decoder = Decoder::since(0);
        assert_eq!(decoder.parked(&rows[0]).expect("an event").request, None);
        let request = decoder.parked(&rows[1]).expect("an event").request;
        let reason = "wrong".to_owned();
        assert_eq!(request, Some(ParkedRequest::Discard { position: Some(Position::new(7)), reason }));
        assert!(decoder.parked(&rows[2]).is_err());
    }
}
