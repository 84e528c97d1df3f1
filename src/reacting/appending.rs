//! Appending what was decided in the transaction of a consumer.

use std::sync::Arc;

use crate::{
    Position, ProjectionError,
    commands::decide_reactions::{DecidedReactions, ReactionError},
    projections::{
        ProjectionEngine,
        consumer::{Contended, NotYet},
        inline,
    },
    store::{AppendError, ProjectionStore, StoreError},
};

/// What was decided, from the decision to the end of the transaction.
pub(crate) struct Appending<S> {
    engine: Arc<ProjectionEngine<S>>,
    decided: Option<DecidedReactions>,
    /// The position of the last event that the transaction appends.
    appended: Option<Position>,
}

impl<S: ProjectionStore> Appending<S> {
    pub(crate) fn new(engine: Arc<ProjectionEngine<S>>) -> Self {
        Self { engine, decided: None, appended: None }
    }

    pub(crate) fn engine(&self) -> &ProjectionEngine<S> {
        &self.engine
    }

    pub(crate) async fn decided(&mut self, decided: DecidedReactions) -> Result<(), ProjectionError> {
        inline::prepare(self.engine.inline.as_deref()).await.map_err(of_store)?;
        self.decided = Some(decided);
        Ok(())
    }

    /// Forgets what was decided, whose states are then discarded.
    pub(crate) fn clear(&mut self) {
        self.decided = None;
    }

    /// Appends it. Others wait for the transaction from here on: it is the last statement before the checkpoint.
    pub(crate) async fn append(&mut self, transaction: &mut S::Transaction) -> Result<(), ProjectionError> {
        let Some(decided) = &mut self.decided else { return Ok(()) };
        let append = decided.append();
        if append.streams.is_empty() {
            return Ok(());
        }
        let inline = self.engine.inline.as_deref();
        let receipts =
            inline::append_within(inline, &append, transaction).await.map_err(|error| match error {
                AppendError::Conflict { .. } => Contended.into(),
                AppendError::Store(error) => of_store(error),
                // A program that has the projection reacts, or this one does once the projection is not inline.
                error @ (AppendError::Inline { .. } | AppendError::Superseded(_)) => {
                    NotYet(error.into()).into()
                }
                error => ProjectionError::from(error),
            })?;
        self.appended = receipts.iter().map(|receipt| receipt.position).max();
        Ok(())
    }

    pub(crate) fn transaction_ended(&mut self, committed: bool) {
        if let Some(decided) = self.decided.take() {
            decided.end(committed);
        }
        if let Some(position) = self.appended.take().filter(|_| committed) {
            self.engine.awake.wake(position);
        }
    }
}

/// The error of a decision, for the runner of the consumer.
pub(crate) fn undecided(error: ReactionError) -> ProjectionError {
    match error {
        ReactionError::Conflict => Contended.into(),
        ReactionError::Store(error) => of_store(error),
        error if error.needs_newer_program() => NotYet(error.into()).into(),
        error => ProjectionError::from(error),
    }
}

pub(crate) fn of_store(error: StoreError) -> ProjectionError {
    match error {
        StoreError::Contended { .. } => Contended.into(),
        error => error.into(),
    }
}
