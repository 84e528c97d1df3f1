//! Running projections: one reader of the log, one task per partition that this process holds, and one task that
//! coordinates with other processes.

use std::{fmt, sync::Arc, time::Duration};

use tokio::{sync::watch, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use super::{
    context::WorkerContext,
    coordinator,
    engine::ProjectionEngine,
    error::{StartError, StoppedProjection},
    options::WorkerOptions,
    register,
};
use crate::store::{ProjectionStore, StoreError};

/// The running projections of a program. When it is dropped, they end in the background.
#[must_use = "projections end when this is dropped"]
pub struct Workers {
    token: CancellationToken,
    main: Option<JoinHandle<Result<(), StoreError>>>,
    timeout: Duration,
    stopped: watch::Receiver<Vec<StoppedProjection>>,
    /// How many of these were returned.
    returned: usize,
}

/// Why the workers did not shut down cleanly. Their running batches were rolled back.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ShutdownError {
    /// Batches were still running after the timeout.
    #[error(
        "the running batches did not end within {0:?} and were rolled back; other workers take over when the leases \
         expire"
    )]
    Late(Duration),
    /// The leases could not be released. Other workers take over when they expire.
    #[error("could not release the leases; other workers take over when they expire")]
    Store(#[source] StoreError),
    /// The workers panicked, which is a bug in this library.
    #[error("the workers panicked")]
    Panicked,
}

impl Workers {
    /// Registers the projections of this program, and starts the tasks.
    pub(crate) async fn start<S: ProjectionStore>(
        engine: &Arc<ProjectionEngine<S>>,
        options: WorkerOptions,
    ) -> Result<Self, StartError> {
        let context = Arc::new(WorkerContext::new(Arc::clone(engine), options));
        register::register(&context).await?;
        Ok(Self::spawn(context))
    }

    /// Starts the tasks. The projections must be registered already.
    fn spawn<S: ProjectionStore>(context: Arc<WorkerContext<S>>) -> Self {
        let token = CancellationToken::new();
        let stopped = context.subscribe_stopped();
        let timeout = context.options.shutdown;
        let main = tokio::spawn(coordinator::run(context, token.clone()));
        Self { token, main: Some(main), timeout, stopped, returned: 0 }
    }

    /// Finishes the running batches and releases the leases, so that other processes continue immediately.
    ///
    /// # Errors
    ///
    /// If that takes longer than [`WorkerOptions::shutdown`], or the store cannot be reached. Nothing is lost
    /// then: the running batches are rolled back, and the next worker applies their events.
    pub async fn shutdown(mut self) -> Result<(), ShutdownError> {
        self.token.cancel();
        let Some(mut main) = self.main.take() else { return Ok(()) };
        match tokio::time::timeout(self.timeout, &mut main).await {
            Ok(Ok(ended)) => ended.map_err(ShutdownError::Store),
            Ok(Err(_)) => Err(ShutdownError::Panicked),
            Err(_) => {
                main.abort();
                Err(ShutdownError::Late(self.timeout))
            }
        }
    }

    /// Waits until a projection stops in this process, and returns its name and the reason; waits for ever if none
    /// stops. Each stop is returned once, including stops before the call.
    pub async fn stopped(&mut self) -> StoppedProjection {
        loop {
            if let Some(next) = self.stopped.borrow_and_update().get(self.returned) {
                self.returned += 1;
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
