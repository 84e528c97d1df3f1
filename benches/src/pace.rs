//! Doing the same work in several ways, alternately, with a number of tasks each, and measuring the time.

use std::{
    fmt,
    future::Future,
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::future::BoxFuture;
use tokio::task::JoinSet;

use crate::{Error, Latencies, Measure};

type Work = Arc<dyn Fn(u64) -> BoxFuture<'static, Result<(), Error>> + Send + Sync>;

/// One way to do the work, with its measurements.
pub struct Way {
    /// The name of its measures.
    pub name: String,
    work: Work,
    share: u64,
    counter: fn() -> u64,
    done: u64,
    counted: u64,
    rates: Vec<f64>,
    latencies: Vec<Duration>,
}

/// The number of tasks and the amount of work.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// The number of tasks; each does one piece of work at a time.
    pub tasks: usize,
    /// The number of measured rounds.
    pub rounds: u32,
    /// The number of pieces of work in a round.
    pub pieces: u64,
}

impl Way {
    /// A way to do pieces of work, which are numbered from 0.
    pub fn new<F, W>(name: impl Into<String>, work: F) -> Self
    where
        F: Fn(u64) -> W + Send + Sync + 'static,
        W: Future<Output = Result<(), Error>> + Send + 'static,
    {
        Self {
            name: name.into(),
            work: Arc::new(move |number| Box::pin(work(number))),
            share: 1,
            counter: || 0,
            done: 0,
            counted: 0,
            rates: Vec::new(),
            latencies: Vec::new(),
        }
    }

    /// Does only one in `share` pieces of a round, because it is slow.
    #[must_use]
    pub fn one_in(self, share: u64) -> Self {
        Self { share, ..self }
    }

    /// Measures how much a counter grows meanwhile.
    #[must_use]
    pub fn counting(self, counter: fn() -> u64) -> Self {
        Self { counter, ..self }
    }

    /// The total number of pieces of work done.
    #[must_use]
    pub fn done(&self) -> u64 {
        self.done
    }

    /// The growth of the counter per piece of work.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a ratio is a round figure")]
    pub fn counted(&self) -> f64 {
        self.counted as f64 / self.done as f64
    }

    /// The median rate of the rounds.
    #[must_use]
    pub fn rate(&self, bench: &str, unit: &str) -> Measure {
        Measure::new(bench, &*self.name, crate::median(&self.rates), unit)
    }

    /// The latencies of the pieces of work.
    #[must_use]
    pub fn latencies(&self) -> Latencies {
        Latencies::of(self.latencies.clone())
    }

    /// Prints the rate, and the median and the 99th percentile of the latencies.
    ///
    /// # Errors
    ///
    /// If stdout is closed.
    pub fn print(&self, bench: &str, unit: &str) -> Result<(), Error> {
        self.rate(bench, unit).print()?;
        for per_cent in [50, 99] {
            self.percentile(bench, per_cent).print()?;
        }
        Ok(())
    }

    /// The latency that this percentage of the pieces did not exceed.
    #[must_use]
    pub fn percentile(&self, bench: &str, per_cent: usize) -> Measure {
        Measure::new(bench, percentile_of(&self.name, per_cent), self.latencies().percentile(per_cent), "ms")
    }

    /// Does this many pieces with this many tasks, and measures them.
    ///
    /// # Errors
    ///
    /// If a piece of work fails.
    pub async fn round(&mut self, tasks: usize, pieces: u64) -> Result<(), Error> {
        let pieces = (pieces / self.share).max(1);
        let before = (self.counter)();
        let started = Instant::now();
        let took = all(&self.work, self.done..self.done + pieces, tasks).await?;
        #[expect(clippy::cast_precision_loss, reason = "a rate is a round figure")]
        self.rates.push(pieces as f64 / started.elapsed().as_secs_f64());
        self.latencies.extend(took);
        self.counted += (self.counter)() - before;
        self.done += pieces;
        Ok(())
    }

    fn reset(&mut self) {
        self.rates.clear();
        self.latencies.clear();
    }
}

/// The name of that percentile of a measure.
#[must_use]
pub fn percentile_of(name: &str, per_cent: usize) -> String {
    format!("{name}, p{per_cent}")
}

impl Pace {
    /// This amount of work in total, in five rounds.
    #[must_use]
    pub fn of(tasks: usize, work: u64) -> Self {
        Self { tasks, rounds: 5, pieces: (work / 5).max(1) }
    }

    /// Does the work in all these ways, round by round, so that other load of the machine affects all of them. The first
    /// round is not measured: it opens connections and prepares statements.
    ///
    /// # Errors
    ///
    /// If a piece of work fails.
    pub async fn alternate(&self, ways: &mut [Way]) -> Result<(), Error> {
        for way in &mut *ways {
            way.round(self.tasks, (self.pieces / 5).max(1)).await?;
            way.reset();
        }
        for _ in 0..self.rounds {
            for way in &mut *ways {
                way.round(self.tasks, self.pieces).await?;
            }
            // So that no way always runs after the slowest one.
            ways.reverse();
        }
        if self.rounds % 2 == 1 {
            ways.reverse();
        }
        Ok(())
    }
}

/// Does these pieces of work, and returns the time of each.
async fn all(work: &Work, numbers: Range<u64>, tasks: usize) -> Result<Vec<Duration>, Error> {
    let next = Arc::new(AtomicU64::new(numbers.start));
    let mut running = JoinSet::new();
    for _ in 0..tasks {
        let (work, next) = (Arc::clone(work), Arc::clone(&next));
        running.spawn(async move {
            let mut took = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= numbers.end {
                    return Ok::<_, Error>(took);
                }
                let started = Instant::now();
                work(number).await?;
                took.push(started.elapsed());
            }
        });
    }
    let mut took = Vec::new();
    while let Some(done) = running.join_next().await {
        took.append(&mut done??);
    }
    Ok(took)
}

impl fmt::Debug for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Way").field("name", &self.name).field("done", &self.done).finish_non_exhaustive()
    }
}
