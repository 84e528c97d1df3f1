//! Running projections: one reader of the log, one task per partition this process holds, and one that
//! coordinates with other processes.

mod assignment;
mod context;
mod coordinator;
mod feed;
mod meters;
mod options;
mod register;
mod runner;
mod swap;

use std::{fmt, sync::Arc, time::Duration};

use tokio::{sync::watch, task::JoinHandle};
use tokio_util::sync::CancellationToken;

pub(crate) use context::{Progress, WorkerContext};
pub use options::WorkerOptions;
pub use register::StartError;
pub(crate) use register::make_generation;

use super::EventSource;
use crate::store::{LogFilter, ProjectionStore, StopReason, StoreError};

/// The projections of a program at work. Dropped, they end on their own, without anyone waiting for it.
#[must_use = "projections end when this is dropped"]
pub struct Workers {
    token: CancellationToken,
    main: Option<JoinHandle<Result<(), StoreError>>>,
    patience: Duration,
    stopped: watch::Receiver<Vec<StoppedProjection>>,
    /// How many of these were told.
    told: usize,
}

/// A projection that stopped, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the projection `{name}` stopped: {reason}")]
pub struct StoppedProjection {
    /// Its name.
    pub name: String,
    /// Why.
    pub reason: StopReason,
}

/// Why workers did not end as they should. What they had in hand was rolled back.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ShutdownError {
    /// Batches were still under way after the time that was given.
    #[error(
        "the batches in hand did not end within {0:?} and were rolled back; others take over when the lease ends"
    )]
    Late(Duration),
    /// The leases could not be given back: others take over when they end.
    #[error("the leases could not be given back; others take over when they end")]
    Store(#[source] StoreError),
    /// The workers panicked, which is a fault of this library.
    #[error("the workers panicked")]
    Panicked,
}

impl Workers {
    /// Starts the tasks. The projections are registered already.
    fn spawn<S: ProjectionStore>(context: Arc<WorkerContext<S>>) -> Self {
        let token = CancellationToken::new();
        let stopped = context.subscribe_stopped();
        let patience = context.options.shutdown;
        let main = tokio::spawn(coordinator::run(context, token.clone()));
        Self { token, main: Some(main), patience, stopped, told: 0 }
    }

    /// Ends the batches in hand and gives the leases back, so that other processes go on at once.
    ///
    /// # Errors
    ///
    /// If that takes longer than [`WorkerOptions::shutdown`], or the store cannot be told. Nothing is lost then:
    /// what was in hand is rolled back, and applied by whoever comes next.
    pub async fn shutdown(mut self) -> Result<(), ShutdownError> {
        self.token.cancel();
        let Some(mut main) = self.main.take() else { return Ok(()) };
        match tokio::time::timeout(self.patience, &mut main).await {
            Ok(Ok(ended)) => ended.map_err(ShutdownError::Store),
            Ok(Err(_)) => Err(ShutdownError::Panicked),
            Err(_) => {
                main.abort();
                Err(ShutdownError::Late(self.patience))
            }
        }
    }

    /// Waits until a projection stops in this process, and says which and why; for ever, if none does. Each stop
    /// is told once, also one that came before the call.
    pub async fn stopped(&mut self) -> StoppedProjection {
        loop {
            if let Some(next) = self.stopped.borrow_and_update().get(self.told) {
                self.told += 1;
                return next.clone();
            }
            if self.stopped.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.token.cancel();
    }
}

impl fmt::Debug for Workers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Workers").field("stopped", &*self.stopped.borrow()).finish_non_exhaustive()
    }
}

impl<S: ProjectionStore> EventSource<S> {
    /// Runs every registered projection and handler, until the workers are shut down: from where each was left,
    /// and then as events come. Several processes may do so at once; they share the work.
    ///
    /// A projection that is new, or has a new version, is set up first; one that had stopped is tried again.
    ///
    /// Tables are checked before anything is changed: a start that is refused leaves the store as it was.
    ///
    /// # Errors
    ///
    /// If the store cannot be asked, a `setup` fails, or a table is not what a read model needs: the error names
    /// table and column.
    pub async fn start(&self) -> Result<Workers, StartError> {
        self.start_with(WorkerOptions::default()).await
    }

    /// The same with options.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub async fn start_with(&self, options: WorkerOptions) -> Result<Workers, StartError> {
        register::register(&self.inner).await?;
        let context = Arc::new(WorkerContext::new(Arc::clone(&self.inner), options));
        Ok(Workers::spawn(context))
    }
}

/// What the feed of these consumers has to read.
fn union_of<'a>(filters: impl Iterator<Item = &'a LogFilter>) -> LogFilter {
    let mut names = Vec::new();
    for filter in filters {
        let Some(types) = &filter.event_types else { return LogFilter::all() };
        names.extend(types.iter().cloned());
    }
    names.sort();
    names.dedup();
    LogFilter { event_types: Some(names) }
}
