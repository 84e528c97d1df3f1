//! Group commit: many appends as one statement, with an outcome for each.

use std::sync::Arc;

use eventsource_core::store::{Append, AppendError, StoreError};
use eventsource_sql::statement;
use sqlx::{Postgres, pool::PoolConnection};

use super::{
    ACTION,
    batch::Batch,
    outcome::{self, StreamOutcome, refusal},
    outcome_unknown,
    queue::Entry,
    single::append_in_order,
};
use crate::{
    batcher::TakenJob,
    connections::{Connections, TimedOut},
    error::{is_code, is_connection_lost, is_contended, is_lock_timeout, violated_unique},
    sqlstate,
};

/// How often the statement is retried because another transaction conflicted with one of the appends. The retry sees what
/// that transaction committed, so that the one append gets a conflict, and the others are appended.
const RACES: usize = 3;

/// Appends all jobs and answers each of them. The answers are sent after the statement has completed, and so after its
/// commit: the server sends the rows before it commits. If the statement fails, each append runs separately, while the
/// worker continues.
pub(super) async fn append(
    connections: &Connections,
    jobs: Vec<TakenJob<Entry>>,
    kept: &mut Option<PoolConnection<Postgres>>,
) {
    match call(connections, &jobs, kept).await {
        Ok(outcomes) => answer(jobs, &outcomes),
        Err(Refusal::Inline(projections)) => {
            refuse(jobs, || AppendError::Inline { projections: projections.clone() });
        }
        Err(Refusal::Store(error)) => {
            let error = Arc::new(error);
            refuse(jobs, || StoreError::shared(&error).into());
        }
        Err(Refusal::Unknown(timed_out)) => {
            for TakenJob { job, hold } in jobs {
                drop(hold);
                let unknown =
                    |append: &Arc<Append>| Err(outcome_unknown(Arc::clone(append), timed_out.of(ACTION)));
                let results = job.appends.iter().map(unknown).collect();
                job.answer(results);
            }
        }
        Err(Refusal::Unclear { answer_lost }) => {
            for mut job in jobs {
                job.hold.detach();
                tokio::spawn(append_separately(connections.clone(), job, answer_lost));
            }
        }
    }
}

/// Why the statement failed.
enum Refusal {
    /// The error applies to every append.
    Inline(Vec<String>),
    Store(StoreError),
    /// No answer in time.
    Unknown(TimedOut),
    /// One of the appends caused the error, or the connection was lost.
    Unclear {
        answer_lost: bool,
    },
}

async fn call(
    connections: &Connections,
    jobs: &[TakenJob<Entry>],
    kept: &mut Option<PoolConnection<Postgres>>,
) -> Result<Vec<StreamOutcome>, Refusal> {
    let appends = jobs.iter().flat_map(|job| &job.job.appends).map(|append| &**append);
    let batch = Batch::of(appends, Vec::new());
    let mut races = 0;
    let deadline = connections.deadline();
    loop {
        let connection = match kept.take() {
            Some(connection) => connection,
            None => connections.acquire(ACTION, deadline).await.map_err(Refusal::Store)?,
        };
        let query = batch.query(connections, statement!("../sql/events.sql", "append_group"));
        let called = connections
            .call_and_keep(connection, deadline, |connection| Box::pin(query.fetch_all(connection)));
        let rows;
        (rows, *kept) = called.await;
        let error = match rows.and_then(|rows| rows.iter().map(StreamOutcome::decode).collect()) {
            Ok(outcomes) => return Ok(outcomes),
            Err(error) => error,
        };
        if is_connection_lost(&error) {
            return Err(match TimedOut::found_in(&error) {
                Some(timed_out) => Refusal::Unknown(timed_out),
                None => Refusal::Unclear { answer_lost: true },
            });
        }
        if races < RACES && (violated_unique(&error).is_some() || is_contended(&error)) {
            races += 1;
            continue;
        }
        // The outcome of one append depends on another one: run each separately, in order.
        if is_code(&error, sqlstate::DEPENDENT_UNITS) {
            return Err(Refusal::Unclear { answer_lost: false });
        }
        // A lock that another transaction holds must not delay the whole group. Each append resolves its own races.
        if is_lock_timeout(&error) || violated_unique(&error).is_some() || is_contended(&error) {
            return Err(Refusal::Unclear { answer_lost: false });
        }
        let alone = batch.is_one();
        return Err(match refusal(error) {
            AppendError::Inline { projections } => Refusal::Inline(projections),
            AppendError::Store(error @ (StoreError::Unavailable { .. } | StoreError::Denied { .. })) => {
                Refusal::Store(error)
            }
            AppendError::Store(error) if alone => Refusal::Store(error),
            _ => Refusal::Unclear { answer_lost: false },
        });
    }
}

fn answer(jobs: Vec<TakenJob<Entry>>, mut outcomes: &[StreamOutcome]) {
    for TakenJob { job, hold } in jobs {
        // The next append to these streams need not wait until the caller has received this answer.
        drop(hold);
        let results = job.appends.iter().map(|append| {
            let (of_append, others) = outcomes.split_at(append.streams.len().min(outcomes.len()));
            outcomes = others;
            outcome::read(append, of_append)
        });
        let results = results.collect();
        job.answer(results);
    }
}

fn refuse(jobs: Vec<TakenJob<Entry>>, error: impl Fn() -> AppendError) {
    for TakenJob { job, hold } in jobs {
        drop(hold);
        let results = job.appends.iter().map(|_| Err(error())).collect();
        job.answer(results);
    }
}

async fn append_separately(connections: Connections, job: TakenJob<Entry>, answer_lost: bool) {
    let results = append_in_order(&connections, &job.job.appends, answer_lost).await;
    let TakenJob { job, hold } = job;
    drop(hold);
    job.answer(results);
}
