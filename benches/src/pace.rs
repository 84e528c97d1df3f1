//! Doing the same in several ways, in turn, with so many tasks each; and how long it took.

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

/// One way to do it, and what was measured of it.
pub struct Way {
    /// What its measures are called.
    pub name: String,
    work: Work,
    share: u64,
    counter: fn() -> u64,
    done: u64,
    counted: u64,
    rates: Vec<f64>,
    latencies: Vec<Duration>,
}

/// How many tasks do how much.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// How many tasks there are; each does one piece of work after the other.
    pub tasks: usize,
    /// How many rounds are measured.
    pub rounds: u32,
    /// How many pieces of work a round has.
    pub pieces: u64,
}

impl Way {
    /// To do the pieces of work, which are numbered from 0.
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

    /// Does only such a part of the work of a round, because it is slow.
    #[must_use]
    pub fn one_in(self, share: u64) -> Self {
        Self { share, ..self }
    }

    /// Watches how much a counter grows meanwhile.
    #[must_use]
    pub fn counting(self, counter: fn() -> u64) -> Self {
        Self { counter, ..self }
    }

    /// How many pieces of work were done in all.
    #[must_use]
    pub fn done(&self) -> u64 {
        self.done
    }

    /// How much the counter grew for each piece of work.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a ratio is a round figure")]
    pub fn counted(&self) -> f64 {
        self.counted as f64 / self.done as f64
    }

    /// How much was done per second, in the middle one of the rounds.
    #[must_use]
    pub fn rate(&self, bench: &str, unit: &str) -> Measure {
        Measure::new(bench, &*self.name, crate::median(&self.rates), unit)
    }

    /// How long a piece of work took.
    #[must_use]
    pub fn latencies(&self) -> Latencies {
        Latencies::of(self.latencies.clone())
    }

    /// Prints the rate, and the median and the 99th percentile of how long a piece took.
    ///
    /// # Errors
    ///
    /// If nobody reads.
    pub fn print(&self, bench: &str, unit: &str) -> Result<(), Error> {
        self.rate(bench, unit).print()?;
        for per_cent in [50, 99] {
            self.percentile(bench, per_cent).print()?;
        }
        Ok(())
    }

    /// What so many per cent of the pieces did not take longer than.
    #[must_use]
    pub fn percentile(&self, bench: &str, per_cent: usize) -> Measure {
        Measure::new(bench, percentile_of(&self.name, per_cent), self.latencies().percentile(per_cent), "ms")
    }

    /// Does so many pieces with so many tasks, and measures it.
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

    fn forget(&mut self) {
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
    /// So much work in all, in five rounds.
    #[must_use]
    pub fn of(tasks: usize, work: u64) -> Self {
        Self { tasks, rounds: 5, pieces: (work / 5).max(1) }
    }

    /// Does the work in all these ways, round by round, so that what else the machine does in the meantime falls
    /// on all of them. First once for nothing, so that connections are open and statements prepared.
    ///
    /// # Errors
    ///
    /// If a piece of work fails.
    pub async fn alternate(&self, ways: &mut [Way]) -> Result<(), Error> {
        for way in &mut *ways {
            way.round(self.tasks, (self.pieces / 5).max(1)).await?;
            way.forget();
        }
        for _ in 0..self.rounds {
            for way in &mut *ways {
                way.round(self.tasks, self.pieces).await?;
            }
            // So that none is always the one after the slowest.
            ways.reverse();
        }
        if self.rounds % 2 == 1 {
            ways.reverse();
        }
        Ok(())
    }
}

/// Does these pieces of work, and says how long each took.
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
