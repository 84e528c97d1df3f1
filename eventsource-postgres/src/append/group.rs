//! Group commit: many appends as one statement, with an outcome for each.

use std::sync::Arc;

use eventsource_core::store::{AppendError, StoreError};
use sqlx::{Postgres, pool::PoolConnection};

use super::{
    ACTION,
    batch::Batch,
    outcome::{self, StreamOutcome, refusal},
    queue::Entry,
    single::settle_in_order,
};
use crate::{
    batcher::InHand,
    connections::Connections,
    error::{is_connection_lost, is_contended, is_lock_timeout, violated_unique},
};

/// How often all are appended anew because another transaction was in the way of one of them. What it has
/// committed is seen the next time, so that one conflicts, and the others are appended.
const RACES: usize = 3;

/// Answers each. The answers come after the end of the statement, and so after its commit: the server sends rows
/// before. If the statement fails, each is appended by itself, while the worker goes on.
pub(super) async fn append(
    connections: &Connections,
    jobs: Vec<InHand<Entry>>,
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
        Err(Refusal::Unclear { answer_lost }) => {
            for mut job in jobs {
                job.hold.detach();
                tokio::spawn(settle_apart(connections.clone(), job, answer_lost));
            }
        }
    }
}

/// Why nothing is known of each append.
enum Refusal {
    /// It would be the same for each.
    Inline(Vec<String>),
    Store(StoreError),
    /// One of them is the reason, or the connection was lost.
    Unclear {
        answer_lost: bool,
    },
}

async fn call(
    connections: &Connections,
    jobs: &[InHand<Entry>],
    kept: &mut Option<PoolConnection<Postgres>>,
) -> Result<Vec<StreamOutcome>, Refusal> {
    let appends = jobs.iter().flat_map(|job| &job.job.appends).map(|append| &**append);
    let batch = Batch::of(appends, Vec::new());
    let mut races = 0;
    loop {
        let connection = match kept.take() {
            Some(connection) => connection,
            None => connections.acquire(ACTION).await.map_err(Refusal::Store)?,
        };
        let query = batch.query(connections, include_str!("../sql/append_together.sql"));
        let called =
            connections.call_and_keep(connection, |connection| Box::pin(query.fetch_all(connection)));
        let rows;
        (rows, *kept) = called.await;
        let error = match rows.and_then(|rows| rows.iter().map(StreamOutcome::decode).collect()) {
            Ok(outcomes) => return Ok(outcomes),
            Err(error) => error,
        };
        if is_connection_lost(&error) {
            return Err(Refusal::Unclear { answer_lost: true });
        }
        if races < RACES && (violated_unique(&error).is_some() || is_contended(&error)) {
            races += 1;
            continue;
        }
        // Whoever is in the way of one of them is not waited for here. A race is settled by each itself.
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

fn answer(jobs: Vec<InHand<Entry>>, mut outcomes: &[StreamOutcome]) {
    for InHand { job, hold } in jobs {
        // The next append to these streams need not wait until somebody has heard of this one.
        drop(hold);
        let settled = job.appends.iter().map(|append| {
            let (of_append, others) = outcomes.split_at(append.streams.len().min(outcomes.len()));
            outcomes = others;
            outcome::read(append, of_append)
        });
        let settled = settled.collect();
        job.answer(settled);
    }
}

fn refuse(jobs: Vec<InHand<Entry>>, error: impl Fn() -> AppendError) {
    for InHand { job, hold } in jobs {
        drop(hold);
        let settled = job.appends.iter().map(|_| Err(error())).collect();
        job.answer(settled);
    }
}

async fn settle_apart(connections: Connections, job: InHand<Entry>, answer_lost: bool) {
    let settled = settle_in_order(&connections, &job.job.appends, answer_lost).await;
    let InHand { job, hold } = job;
    drop(hold);
    job.answer(settled);
}
