//! Group commit: many appends in one transaction, with an outcome for each.

use std::sync::Arc;

use eventsource_core::store::{Append, AppendError, GenerationId, Receipt, StoreError, rules::Plan};
use sqlx::SqliteConnection;

use super::{
    ACTION, AppendResult,
    chain::{ChainState, plan_all},
    insert::insert,
    lookup::Lookup,
    queue::Entry,
    unknown,
};
use crate::{
    connections::{Connections, FileFault, Writing},
    error::{BUSY, FULL, is_constraint, primary_code, store_error},
};

/// Appends the entries, and answers each of them after the commit.
pub(super) async fn append(connections: &Connections, mut jobs: Vec<Entry>) {
    match store(connections, &mut jobs).await {
        Ok(outcomes) => {
            for (job, outcome) in jobs.into_iter().zip(outcomes) {
                job.answer(outcome);
            }
        }
        // One of the appends may be the reason, such as a payload for which the disk has no room.
        Err(StoreFailure::Statement(_)) if jobs.len() > 1 && jobs.iter_mut().all(Entry::try_reset) => {
            for job in jobs {
                Box::pin(append(connections, vec![job])).await;
            }
        }
        Err(StoreFailure::Statement(error)) => refuse(jobs, store_error(ACTION, error)),
        Err(StoreFailure::Store(error)) => refuse(jobs, error),
        Err(StoreFailure::Unknown(error)) => {
            let error = Arc::new(store_error(ACTION, error));
            for job in jobs {
                job.answer_each(|append| unknown(append, StoreError::shared(&error)));
            }
        }
        Err(StoreFailure::Inline(projections)) => {
            for job in jobs {
                job.answer_each(|_| AppendError::Inline { projections: projections.clone() });
            }
        }
    }
}

fn refuse(jobs: Vec<Entry>, error: StoreError) {
    let error = Arc::new(error);
    for job in jobs {
        job.answer_each(|_| StoreError::shared(&error).into());
    }
}

/// Why there is no outcome per append.
enum StoreFailure {
    /// A statement failed, and nothing is stored.
    Statement(sqlx::Error),
    /// The error applies to every append, and nothing is stored.
    Store(StoreError),
    /// Unknown outcome: the appends are stored, or they are not.
    Unknown(sqlx::Error),
    /// The inline projections are not the expected ones.
    Inline(Vec<String>),
}

async fn store(
    connections: &Connections,
    jobs: &mut [Entry],
) -> Result<Vec<Vec<AppendResult>>, StoreFailure> {
    // A broken chain cannot be decided on twice, so its ids are looked up from the start.
    let mut with_ids = jobs.iter().any(Entry::is_chain_broken);
    loop {
        let mut writing = connections.begin(ACTION).await.map_err(StoreFailure::Store)?;
        match attempt(&mut writing, jobs, with_ids).await {
            Ok((outcomes, stored)) => {
                end(writing, stored).await?;
                return Ok(outcomes);
            }
            Err(PlanFailure::NeedsIds) if !with_ids => with_ids = true,
            Err(PlanFailure::NeedsIds) => {
                let broken = sqlx::Error::Protocol("no position for the events of an append".into());
                return Err(StoreFailure::Statement(broken));
            }
            Err(PlanFailure::Inline(projections)) => return Err(StoreFailure::Inline(projections)),
            Err(PlanFailure::Failed(error)) => return Err(StoreFailure::Statement(error)),
        }
        // Some of the appends may be written within the transaction.
        if let Err(error) = writing.roll_back().await {
            return Err(StoreFailure::Statement(error));
        }
        jobs.iter_mut().for_each(|job| {
            job.try_reset();
        });
    }
}

/// Commits the writes. If nothing was stored, it rolls back, which does not wait for the disk.
async fn end(writing: Writing, stored: bool) -> Result<(), StoreFailure> {
    if !stored {
        return writing.roll_back().await.map_err(StoreFailure::Statement);
    }
    writing.commit().await.map_err(|error| match primary_code(&error) {
        // With these codes the commit is known to be incomplete.
        Some(FULL | BUSY) => StoreFailure::Statement(error),
        _ if FileFault::found_in(&error).is_some_and(|fault| !fault.is_after_commit) => {
            StoreFailure::Store(store_error(ACTION, error))
        }
        _ => StoreFailure::Unknown(error),
    })
}

/// Why a transaction must not be committed.
enum PlanFailure {
    NeedsIds,
    Inline(Vec<String>),
    Failed(sqlx::Error),
}

async fn attempt(
    writing: &mut Writing,
    jobs: &mut [Entry],
    with_ids: bool,
) -> Result<(Vec<Vec<AppendResult>>, bool), PlanFailure> {
    let all = jobs.iter().flat_map(|job| &job.appends).map(|append| &**append);
    let lookup = Lookup::of(all, with_ids);
    let found = lookup.run(writing.connection(), with_ids).await;
    drop(lookup);
    let found = found.map_err(PlanFailure::Failed)?;
    if let Some(projections) = found.refusal(&[]) {
        return Err(PlanFailure::Inline(projections));
    }
    let mut plan = Plan::on(found.log);
    let parts = jobs.iter_mut().map(|Entry { appends, chain, .. }| (&appends[..], chain.as_mut()));
    let outcomes = plan_all(&mut plan, parts).await;
    if plan.needs_ids() {
        return Err(PlanFailure::NeedsIds);
    }
    put(writing, &plan).await?;
    Ok((outcomes, !plan.is_empty()))
}

async fn put(writing: &mut Writing, plan: &Plan<'_>) -> Result<(), PlanFailure> {
    insert(writing.connection(), plan).await.map_err(|error| match is_constraint(&error) {
        true => PlanFailure::NeedsIds,
        false => PlanFailure::Failed(error),
    })
}

/// An append whose transaction is open.
#[derive(Debug)]
pub(crate) struct Begun {
    pub(crate) writing: Writing,
    pub(crate) receipts: Vec<Receipt>,
}

/// Appends within a transaction, for these inline generations. Nothing is stored until the transaction commits.
pub(crate) async fn begin(
    connections: &Connections,
    append: &Append,
    generations: &[GenerationId],
) -> Result<Begun, AppendError> {
    let failed = |error| AppendError::from(store_error(ACTION, error));
    let mut with_ids = false;
    loop {
        let mut writing = connections.begin(ACTION).await?;
        let lookup = Lookup::of(std::iter::once(append), with_ids);
        let found = lookup.run(writing.connection(), with_ids).await.map_err(failed)?;
        if let Some(projections) = found.refusal(generations) {
            return Err(AppendError::Inline { projections });
        }
        let mut plan = Plan::on(found.log);
        let outcome = plan.append(append);
        let put = match plan.needs_ids() {
            true => Err(PlanFailure::NeedsIds),
            false => match outcome {
                Ok(receipts) => put(&mut writing, &plan).await.map(|()| receipts),
                Err(error) => return Err(error),
            },
        };
        match put {
            Ok(receipts) => return Ok(Begun { writing, receipts }),
            Err(PlanFailure::NeedsIds) if !with_ids => with_ids = true,
            Err(PlanFailure::NeedsIds) => {
                let source = "no position for the events of an append".into();
                return Err(StoreError::Corrupt { action: ACTION, source }.into());
            }
            Err(PlanFailure::Inline(projections)) => return Err(AppendError::Inline { projections }),
            Err(PlanFailure::Failed(error)) => return Err(failed(error)),
        }
        writing.roll_back().await.map_err(failed)?;
    }
}

/// Appends within an open transaction, which cannot be committed after an error.
pub(crate) async fn within(
    connection: &mut SqliteConnection,
    append: &Append,
    generations: &[GenerationId],
) -> Result<Vec<Receipt>, AppendError> {
    let failed = |error| AppendError::from(store_error(ACTION, error));
    // The transaction cannot begin again, so the ids are looked up from the start.
    let with_ids = true;
    let lookup = Lookup::of(std::iter::once(append), with_ids);
    let found = lookup.run(&mut *connection, with_ids).await.map_err(failed)?;
    if let Some(projections) = found.refusal(generations) {
        return Err(AppendError::Inline { projections });
    }
    let mut plan = Plan::on(found.log);
    let receipts = plan.append(append)?;
    insert(connection, &plan).await.map_err(failed)?;
    Ok(receipts)
}

impl Entry {
    fn is_chain_broken(&self) -> bool {
        matches!(self.chain, Some(ChainState::Broken(_)))
    }

    /// Resets the entry, unless a part of its list was decided on before.
    fn try_reset(&mut self) -> bool {
        if self.began_broken {
            return false;
        }
        if let Some(chain) = &mut self.chain {
            *chain = ChainState::Intact;
        }
        true
    }
}
