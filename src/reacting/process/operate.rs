//! Looking at the instances of a process, and holding them.

use std::{
    future::{Future, IntoFuture},
    pin::Pin,
    sync::Arc,
};

use crate::{
    Timestamp,
    projections::ProjectionEngine,
    store::{
        Escaped, Generation, GenerationState, Instance, InstanceCursor, InstanceQuery, InstanceRequest,
        InstanceState, ParkedRequest, ProjectionKind, ProjectionStore, StoreError, TimerQuery,
    },
};

/// How many instances, or timers of one instance, are read by default.
const PAGE: usize = 100;

/// Why an operation on a process instance was not carried out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InstanceError {
    /// No program has been started with this process.
    #[error(
        "there is no process `{}` in the store; it has one once a program that registers it was started",
        Escaped(process)
    )]
    NoProcess {
        /// The process.
        process: String,
    },
    /// The process has no such instance, or the operation does not apply to the state that it is in.
    #[error("the instance `{}` of the process `{}` {}", Escaped(key), Escaped(process), match state {
        Some(state) => format!("is {state}, to which this does not apply"),
        None => "does not exist".to_owned(),
    })]
    NotApplicable {
        /// The process.
        process: String,
        /// The id of the instance.
        key: String,
        /// Its state; `None` if it does not exist.
        state: Option<InstanceState>,
    },
    /// The store could not be read or written.
    #[error("the instances of the process could not be read or changed")]
    Store(#[from] StoreError),
}

/// The instances of a process, the oldest first, read by `.await`.
#[must_use = "the instances are read by `.await`"]
pub struct Instances<'a, S> {
    engine: &'a Arc<ProjectionEngine<S>>,
    process: &'a str,
    query: InstanceQuery,
}

/// A timer of an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct InstanceTimer {
    /// Its name.
    pub name: String,
    /// When it is due.
    pub due_at: Timestamp,
}

impl<'a, S: ProjectionStore> Instances<'a, S> {
    pub(crate) fn new(engine: &'a Arc<ProjectionEngine<S>>, process: &'a str) -> Self {
        Self { engine, process, query: InstanceQuery::first(PAGE) }
    }

    /// Only those in this state, or in another one that is named like this.
    pub fn in_state(mut self, state: InstanceState) -> Self {
        self.query.states.push(state);
        self
    }

    /// Only the one with this id.
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.query.key = Some(key.into());
        self
    }

    /// Sets the maximum number, by default 100.
    pub fn limit(mut self, limit: usize) -> Self {
        self.query.limit = limit;
        self
    }

    /// The page after an instance, by its [cursor](Instance::cursor).
    pub fn after(mut self, cursor: InstanceCursor) -> Self {
        self.query.after = Some(cursor);
        self
    }

    async fn read(self) -> Result<Vec<Instance>, InstanceError> {
        let generation = generation_of(self.engine, self.process).await?;
        Ok(self.engine.store.instances(generation.id, &self.query).await?)
    }
}

async fn generation_of<S: ProjectionStore>(
    engine: &ProjectionEngine<S>,
    process: &str,
) -> Result<Generation, InstanceError> {
    let is_it = |it: &Generation| {
        it.name == process && it.kind == ProjectionKind::Process && it.state == GenerationState::Live
    };
    let found = engine.store.generations().await?.into_iter().find(is_it);
    found.ok_or_else(|| InstanceError::NoProcess { process: process.to_owned() })
}

/// The timers of an instance, the first ones first.
pub(crate) async fn timers<S: ProjectionStore>(
    engine: &ProjectionEngine<S>,
    process: &str,
    key: &str,
) -> Result<Vec<InstanceTimer>, InstanceError> {
    let generation = generation_of(engine, process).await?;
    let query = TimerQuery { key: Some(key.to_owned()), ..TimerQuery::first(PAGE) };
    let timers = engine.store.timers(generation.id, &query).await?;
    Ok(timers.into_iter().map(|timer| InstanceTimer { name: timer.name, due_at: timer.due_at }).collect())
}

/// Suspends, resumes or aborts an instance.
pub(crate) async fn request<S: ProjectionStore>(
    engine: &ProjectionEngine<S>,
    process: &str,
    key: &str,
    request: InstanceRequest,
) -> Result<(), InstanceError> {
    let generation = generation_of(engine, process).await?;
    let applies = engine.store.request_instance(generation.id, key, &request).await?;
    // An earlier call may have ended between the two steps.
    let resumes_again = !applies
        && request == InstanceRequest::Resume
        && engine.store.request_parked(generation.id, Some(key), &ParkedRequest::Retry).await?;
    if !applies && !resumes_again {
        let query = InstanceQuery { key: Some(key.to_owned()), ..InstanceQuery::first(1) };
        let found = engine.store.instances(generation.id, &query).await?.pop();
        let (process, key) = (process.to_owned(), key.to_owned());
        return Err(InstanceError::NotApplicable { process, key, state: found.map(|it| it.state) });
    }
    if !matches!(request, InstanceRequest::Suspend { .. }) {
        // What was parked while it was suspended.
        engine.store.request_parked(generation.id, Some(key), &ParkedRequest::Retry).await?;
    }
    engine.clock.changed();
    Ok(())
}

impl<'a, S: ProjectionStore> IntoFuture for Instances<'a, S> {
    type Output = Result<Vec<Instance>, InstanceError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.read())
    }
}

impl<S> std::fmt::Debug for Instances<'_, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Instances").field("process", &self.process).finish_non_exhaustive()
    }
}
