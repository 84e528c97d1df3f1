//! Calls that wait at the same time are batched: a queue, at most two workers, and no timer.
//!
//! A job that finds no worker on its way to the queue starts one, so a lone job goes at once. While the workers are
//! busy, jobs gather, and the first that is free takes all of them, up to a limit. A worker without work ends.

mod stream_order;

use std::{
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use eventsource_core::StreamId;
use sqlx::{Postgres, pool::PoolConnection};

use crate::connections::Connections;
use stream_order::StreamOrder;

/// How many statements of one kind a store has under way at a time. With one, nothing is on its way while an
/// answer is read and the next statement made; with more, there is less to make together.
const WORKERS: usize = 2;

/// What can be done together with others of its kind.
pub(crate) trait Job: Send + Sized + 'static {
    /// More than this is not taken at once.
    const FULL: Size;

    /// Jobs that share a stream are done one after the other, in the order in which they came.
    fn streams(&self) -> Vec<StreamId>;

    fn size(&self) -> Size;

    /// Does them all, and gives each its answer. The connection may be left for those that are done next.
    fn run(
        connections: &Connections,
        jobs: Vec<InHand<Self>>,
        kept: &mut Option<PoolConnection<Postgres>>,
    ) -> impl Future<Output = ()> + Send;

    /// Answers that nothing was done: there is no runtime for the workers, or it is shutting down.
    fn abandon(self);
}

/// How much there is to do.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Size {
    pub(crate) calls: usize,
    pub(crate) rows: usize,
    pub(crate) bytes: usize,
}

impl Size {
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            calls: self.calls.saturating_add(other.calls),
            rows: self.rows.saturating_add(other.rows),
            bytes: self.bytes.saturating_add(other.bytes),
        }
    }

    pub(crate) fn is_within(self, full: Self) -> bool {
        self.calls <= full.calls && self.rows <= full.rows && self.bytes <= full.bytes
    }
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
    /// How many of the workers are about to take jobs: no need for another.
    starting: usize,
}

/// A job that a worker has taken. The next jobs on its streams wait until its hold is dropped.
pub(crate) struct InHand<J: Job> {
    pub(crate) job: J,
    pub(crate) hold: StreamHold<J>,
}

pub(crate) struct StreamHold<J: Job> {
    shared: Arc<BatcherState<J>>,
    number: u64,
    streams: Vec<StreamId>,
    /// Whether the worker that took the job has gone on without it, and does not come to look who is next.
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

    /// In this order, where they share streams.
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
            return Self::abandon_unless_worked(state);
        };
        state.workers += 1;
        state.starting += 1;
        drop(state);
        let worker = Worker { shared: Arc::clone(self), is_starting: true, has_ended: false };
        runtime.spawn(worker.work());
    }

    /// If nobody is left to do it, those who wait are told.
    fn abandon_unless_worked(mut state: MutexGuard<'_, Jobs<J>>) {
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
            // Those who are ready to run may have something to add.
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

    fn take(&mut self) -> Vec<InHand<J>> {
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
            jobs.push(InHand { job, hold });
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
    /// One that is dropped before its end was cancelled with its runtime, or has panicked.
    fn drop(&mut self) {
        if self.has_ended {
            return;
        }
        let mut state = self.shared.lock();
        state.workers -= 1;
        state.starting -= usize::from(self.is_starting);
        BatcherState::abandon_unless_worked(state);
    }
}

impl<J: Job> StreamHold<J> {
    /// For a job that is done apart from the others, while the worker goes on.
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

    /// What a toy does when its turn comes.
    #[derive(Clone, Copy, PartialEq)]
    enum Behaviour {
        Answers,
        Panics,
        NeverEnds,
    }

    struct Toy {
        behaviour: Behaviour,
        line: &'static str,
        answer: Sender<&'static str>,
    }

    impl Job for Toy {
        const FULL: Size = Size { calls: 4, rows: usize::MAX, bytes: usize::MAX };

        fn streams(&self) -> Vec<StreamId> {
            vec![StreamId::new("toy", self.line).expect("a name")]
        }

        fn size(&self) -> Size {
            Size { calls: 1, ..Size::default() }
        }

        async fn run(_: &Connections, jobs: Vec<InHand<Self>>, _: &mut Option<PoolConnection<Postgres>>) {
            assert!(jobs.len() <= Self::FULL.calls, "{} jobs", jobs.len());
            for InHand { job, hold } in jobs {
                match job.behaviour {
                    Behaviour::Answers => drop(hold),
                    Behaviour::Panics => panic!("as it was told"),
                    Behaviour::NeverEnds => std::future::pending().await,
                }
                let _ = job.answer.send("done");
            }
        }

        fn abandon(self) {
            let _ = self.answer.send("abandoned");
        }
    }

    fn toys() -> Batcher<Toy> {
        let pool = PgPool::connect_lazy("postgres://nobody@localhost/nothing").expect("a URL");
        Batcher::new(Connections::new(pool, Kind::Direct))
    }

    fn push(toys: &Batcher<Toy>, behaviour: Behaviour, line: &'static str) -> Receiver<&'static str> {
        let (answer, receiver) = oneshot::channel();
        toys.push([Toy { behaviour, line, answer }]);
        receiver
    }

    async fn answer(receiver: Receiver<&'static str>) -> Option<&'static str> {
        timeout(Duration::from_secs(60), receiver).await.expect("an answer or none, in time").ok()
    }

    #[tokio::test]
    async fn more_jobs_than_are_taken_at_once_are_all_done() {
        let toys = toys();
        let lines = ["a", "b", "c", "d", "e", "f", "a", "a", "b", "g", "h", "i", "j"];
        let pushed: Vec<_> = lines.into_iter().map(|line| push(&toys, Behaviour::Answers, line)).collect();
        for receiver in pushed {
            assert_eq!(answer(receiver).await, Some("done"));
        }
    }

    #[tokio::test]
    async fn a_panic_leaves_those_in_hand_without_an_answer_and_nobody_else() {
        let toys = toys();
        let panics = push(&toys, Behaviour::Panics, "a");
        let behind = push(&toys, Behaviour::Answers, "a");
        assert_eq!(answer(panics).await, None);
        assert_eq!(answer(behind).await, Some("abandoned"), "no worker is left to do it");
        // Its line is free again.
        assert_eq!(answer(push(&toys, Behaviour::Answers, "a")).await, Some("done"));
    }

    #[test]
    fn without_a_runtime_nobody_waits() {
        let runtime = Runtime::new().expect("a runtime");
        let toys = runtime.block_on(async { toys() });
        let mut pushed = push(&toys, Behaviour::Answers, "a");
        assert_eq!(pushed.try_recv(), Ok("abandoned"));
        runtime
            .block_on(async { assert_eq!(answer(push(&toys, Behaviour::Answers, "a")).await, Some("done")) });
    }

    #[test]
    fn a_runtime_that_ends_does_not_take_the_others_along() {
        let (first, second) = (Runtime::new().expect("a runtime"), Runtime::new().expect("a runtime"));
        let toys = first.block_on(async { toys() });
        let (in_hand, waiting) = first.block_on(async {
            let in_hand = push(&toys, Behaviour::NeverEnds, "a");
            while toys.shared.lock().order.next().is_some() {
                tokio::task::yield_now().await;
            }
            (in_hand, push(&toys, Behaviour::Answers, "a"))
        });
        first.shutdown_background();
        second.block_on(async {
            assert_eq!(answer(in_hand).await, None);
            assert_eq!(answer(waiting).await, Some("abandoned"));
            assert_eq!(answer(push(&toys, Behaviour::Answers, "a")).await, Some("done"));
        });
    }
}
