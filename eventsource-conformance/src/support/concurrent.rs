//! Concurrent tasks, futures that are dropped early, and reproducible random numbers.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::Arc,
    task::Poll,
};

use tokio::sync::Barrier;

use crate::waiting;

/// Starts this many tasks, releases them at the same moment, and returns their results in order.
pub(crate) async fn race<T, F>(count: usize, task: impl Fn(usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let start = Arc::new(Barrier::new(count));
    let limit = waiting::limit();
    let spawn = |n| {
        let (start, task) = (Arc::clone(&start), task(n));
        tokio::spawn(waiting::with_limit(limit, async move {
            start.wait().await;
            task.await
        }))
    };
    let tasks: Vec<_> = (0..count).map(spawn).collect();
    all(tasks).await
}

/// The results of the tasks. A panic of a task is resumed.
pub(crate) async fn all<T>(tasks: Vec<tokio::task::JoinHandle<T>>) -> Vec<T> {
    let mut returned = Vec::with_capacity(tasks.len());
    for task in tasks {
        match task.await {
            Ok(value) => returned.push(value),
            Err(failed) => std::panic::resume_unwind(failed.into_panic()),
        }
    }
    returned
}

/// Polls a future at most this many times, whenever it is woken, and then drops it. Returns `None` if it had not
/// completed.
pub(crate) async fn polled<F: Future>(times: usize, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = times;
    poll_fn(move |context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        match future.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// Pseudo-random numbers, the same in every run.
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: usize) -> Self {
        Self(seed as u64 + 1)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        // Constants of the 64-bit linear congruential generator in Knuth's MMIX.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % bound as u64).expect("below a usize")
    }
}
