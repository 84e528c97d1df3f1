//! Batches calls that are queued at the same time: a queue, at most two workers, and no timer.
//!
//! A job that finds no worker that is about to read the queue starts one, so a single job runs immediately. While the
//! workers are busy, jobs are queued, and the first worker that is free takes all of them, up to a limit. A worker without
//! work ends.

mod stream_order;

use std::{
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use eventsource_core::StreamId;
use eventsource_sql::Size;
use sqlx::{Postgres, pool::PoolConnection};

use crate::connections::Connections;
use stream_order::StreamOrder;

/// How many statements of one kind a store runs at a time. With one, the server is idle while a result is read and the
/// next statement is built; with more than two, the batches are smaller.
const WORKERS: usize = 2;

/// A call that can be batched with others of its kind.
pub(crate) trait Job: Send + Sized + 'static {
    /// The maximum size of a batch.
    const FULL: Size;

    /// The streams of the job. Jobs that share a stream run one after the other, in the order in which they were pushed.
    fn streams(&self) -> Vec<StreamId>;

    fn size(&self) -> Size;

    /// Runs all jobs and answers each of them. A connection may be left in `kept` for the next batch.
    fn run(
        connections: &Connections,
        jobs: Vec<TakenJob<Self>>,
        kept: &mut Option<PoolConnection<Postgres>>,
    ) -> impl Future<Output = ()> + Send;

    /// Answers that the job did not run: there is no runtime for the workers, or it is shutting down.
    fn abandon(self);
}

/// A queue of jobs of one kind, and the workers that run them.
pub(crate) struct Batcher<J: Job> {
    shared: Arc<BatcherState<J>>,
}

struct BatcherState<J: Job> {
    connections: Connections,
    state: Mutex<Jobs<J>>,
}

struct Jobs<J> {
    order: StreamOrder<J>,
    workers: usize,
    /// How many of the workers are about to take jobs. If there are any, no other worker is started.
    starting: usize,
}

/// A job that a worker has taken. The next jobs on its streams wait until its hold is dropped.
pub(crate) struct TakenJob<J: Job> {
    pub(crate) job: J,
    pub(crate) hold: StreamHold<J>,
}

pub(crate) struct StreamHold<J: Job> {
    shared: Arc<BatcherState<J>>,
    number: u64,
    streams: Vec<StreamId>,
    /// Whether the worker that took the job continues without it, and so does not check for the next job afterwards.
    detached: bool,
}

impl<J: Job> Clone for Batcher<J> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<J: Job> Batcher<J> {
    pub(crate) fn new(connections: Connections) -> Self {
        let state = Jobs { order: StreamOrder::default(), workers: 0, starting: 0 };
        Self { shared: Arc::new(BatcherState { connections, state: Mutex::new(state) }) }
    }

    /// Queues jobs. Those that share a stream run in this order.
    pub(crate) fn push(&self, jobs: impl IntoIterator<Item = J>) {
        let mut state = self.shared.lock();
        for job in jobs {
            state.order.push(job.streams(), job);
        }
        self.shared.call_worker(state);
    }
}

impl<J: Job> BatcherState<J> {
    fn lock(&self) -> MutexGuard<'_, Jobs<J>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn call_worker(self: &Arc<Self>, mut state: MutexGuard<'_, Jobs<J>>) {
        if !state.order.is_ready() || state.starting > 0 || state.workers == WORKERS {
            return;
        }
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return Self::abandon_without_workers(state);
        };
        state.workers += 1;
        state.starting += 1;
        drop(state);
        let worker = Worker { shared: Arc::clone(self), is_starting: true, has_ended: false };
        runtime.spawn(worker.work());
    }

    /// Abandons the queued jobs if no worker is left.
    fn abandon_without_workers(mut state: MutexGuard<'_, Jobs<J>>) {
        let abandoned = if state.workers == 0 { state.order.clear() } else { Vec::new() };
        drop(state);
        abandoned.into_iter().for_each(J::abandon);
    }
}

struct Worker<J: Job> {
    shared: Arc<BatcherState<J>>,
    is_starting: bool,
    has_ended: bool,
}

impl<J: Job> Worker<J> {
    async fn work(mut self) {
        let mut kept = None;
        loop {
            // Other tasks that are ready to run may push further jobs.
            tokio::task::yield_now().await;
            let jobs = self.take();
            if jobs.is_empty() {
                return;
            }
            let shared = Arc::clone(&self.shared);
            J::run(&shared.connections, jobs, &mut kept).await;
            shared.lock().starting += 1;
            self.is_starting = true;
        }
    }

    fn take(&mut self) -> Vec<TakenJob<J>> {
        let mut state = self.shared.lock();
        state.starting -= 1;
        self.is_starting = false;
        let mut size = Size::default();
        let mut jobs = Vec::new();
        while let Some(next) = state.order.next() {
            size = size.and(next.size());
            if !jobs.is_empty() && !size.is_within(J::FULL) {
                break;
            }
            let Some((number, streams, job)) = state.order.take() else { break };
            let hold = StreamHold { shared: Arc::clone(&self.shared), number, streams, detached: false };
            jobs.push(TakenJob { job, hold });
        }
        if jobs.is_empty() {
            state.workers -= 1;
            self.has_ended = true;
        } else {
            self.shared.call_worker(state);
        }
        jobs
    }
}

impl<J: Job> Drop for Worker<J> {
    /// A worker that is dropped before its end was cancelled with its runtime, or has panicked.
    fn drop(&mut self) {
        if self.has_ended {
            return;
        }
        let mut state = self.shared.lock();
        state.workers -= 1;
        state.starting -= usize::from(self.is_starting);
        BatcherState::abandon_without_workers(state);
    }
}

impl<J: Job> StreamHold<J> {
    /// For a job that runs separately from the batch, while the worker continues.
    pub(crate) fn detach(&mut self) {
        self.detached = true;
    }
}

impl<J: Job> Drop for StreamHold<J> {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.order.leave(self.number, &mem::take(&mut self.streams));
        if self.detached {
            self.shared.call_worker(state);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use sqlx::PgPool;
    use tokio::{
        runtime::Runtime,
        sync::oneshot::{self, Receiver, Sender},
        time::timeout,
    };

    use super::*;
    use crate::connections::Kind;

    /// What a test job does when it runs.
    #[derive(Clone, Copy, PartialEq)]
    enum Behaviour {
        Answers,
        Panics,
        NeverEnds,
    }

    struct TestJob {
        behaviour: Behaviour,
        stream: &'static str,
        answer: Sender<&'static str>,
    }

    impl Job for TestJob {
        const FULL: Size = Size { calls: 4, rows: usize::MAX, bytes: usize::MAX };

        fn streams(&self) -> Vec<StreamId> {
            vec![StreamId::new("toy", self.stream).expect("a valid id")]
        }

        fn size(&self) -> Size {
            Size { calls: 1, ..Size::default() }
        }

        async fn run(_: &Connections, jobs: Vec<TakenJob<Self>>, _: &mut Option<PoolConnection<Postgres>>) {
            assert!(jobs.len() <= Self::FULL.calls, "{} jobs", jobs.len());
            for TakenJob { job, hold } in jobs {
                match job.behaviour {
                    Behaviour::Answers => drop(hold),
                    Behaviour::Panics => panic!("as the test requires"),
                    Behaviour::NeverEnds => std::future::pending().await,
                }
                let _ = job.answer.send("done");
            }
        }

        fn abandon(self) {
            let _ = self.answer.send("abandoned");
        }
    }

    fn batcher() -> Batcher<TestJob> {
        let pool = PgPool::connect_lazy("postgres://nobody@localhost/nothing").expect("a URL");
        Batcher::new(Connections::new(pool, Kind::Direct, Duration::from_secs(30)))
    }

    fn push(
        batcher: &Batcher<TestJob>,
        behaviour: Behaviour,
        stream: &'static str,
    ) -> Receiver<&'static str> {
        let (answer, receiver) = oneshot::channel();
        batcher.push([TestJob { behaviour, stream, answer }]);
        receiver
    }

    async fn answer(receiver: Receiver<&'static str>) -> Option<&'static str> {
        timeout(Duration::from_secs(60), receiver)
            .await
            .expect("the sender answers or is dropped in time")
            .ok()
    }

    #[tokio::test]
    async fn jobs_beyond_the_batch_limit_all_run() {
        let batcher = batcher();
        let streams = ["a", "b", "c", "d", "e", "f", "a", "a", "b", "g", "h", "i", "j"];
        let pushed: Vec<_> =
            streams.into_iter().map(|stream| push(&batcher, Behaviour::Answers, stream)).collect();
        for receiver in pushed {
            assert_eq!(answer(receiver).await, Some("done"));
        }
    }

    #[tokio::test]
    async fn a_panic_leaves_only_the_taken_jobs_without_an_answer() {
        let batcher = batcher();
        let panics = push(&batcher, Behaviour::Panics, "a");
        let queued = push(&batcher, Behaviour::Answers, "a");
        assert_eq!(answer(panics).await, None);
        assert_eq!(answer(queued).await, Some("abandoned"), "no worker is left to run it");
        // Its stream is free again.
        assert_eq!(answer(push(&batcher, Behaviour::Answers, "a")).await, Some("done"));
    }

    #[test]
    fn without_a_runtime_jobs_are_abandoned_immediately() {
        let runtime = Runtime::new().expect("a runtime");
        let batcher = runtime.block_on(async { batcher() });
        let mut pushed = push(&batcher, Behaviour::Answers, "a");
        assert_eq!(pushed.try_recv(), Ok("abandoned"));
        runtime.block_on(async {
            assert_eq!(answer(push(&batcher, Behaviour::Answers, "a")).await, Some("done"))
        });
    }

    #[test]
    fn a_runtime_that_shuts_down_does_not_block_jobs_of_another_one() {
        let (first, second) = (Runtime::new().expect("a runtime"), Runtime::new().expect("a runtime"));
        let batcher = first.block_on(async { batcher() });
        let (taken, waiting) = first.block_on(async {
            let taken = push(&batcher, Behaviour::NeverEnds, "a");
            while batcher.shared.lock().order.next().is_some() {
                tokio::task::yield_now().await;
            }
            (taken, push(&batcher, Behaviour::Answers, "a"))
        });
        first.shutdown_background();
        second.block_on(async {
            assert_eq!(answer(taken).await, None);
            assert_eq!(answer(waiting).await, Some("abandoned"));
            assert_eq!(answer(push(&batcher, Behaviour::Answers, "a")).await, Some("done"));
        });
    }
}
