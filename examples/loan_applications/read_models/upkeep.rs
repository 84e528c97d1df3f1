//! The end of an import: waiting until the read models include all of it, reading them, rebuilding them from the
//! log, and comparing the result.

use std::{
    error::Error,
    time::{Duration, Instant},
};

use eventsource::{
    prelude::*,
    store::{Comparison, ReadModelStore},
};
use indicatif::ProgressBar;

use super::{NAMES, ReadModels};

/// The maximum time that a read model may be behind the import, including a catch-up from the first event.
const PATIENCE: Duration = Duration::from_secs(600);

/// The read models at the end of an import, and after their rebuilds.
#[derive(Debug)]
pub struct Upkeep {
    /// The rows after following the import.
    pub following: ReadModels,
    /// How long after the import they included all of it.
    pub behind: Duration,
    /// The rows after the rebuild from the log.
    pub rebuilt: ReadModels,
    pub rebuilds: Vec<Rebuild>,
}

/// The rebuild of one read model.
#[derive(Debug)]
pub struct Rebuild {
    pub name: &'static str,
    /// How many events were applied.
    pub events: u64,
    pub time: Duration,
    /// The differences between the rebuilt and the live generation.
    pub comparison: Comparison,
}

impl Upkeep {
    /// Whether the read models are the same before and after the rebuild.
    pub fn agrees(&self) -> bool {
        self.following == self.rebuilt && self.rebuilds.iter().all(|rebuild| rebuild.comparison.is_equal())
    }
}

/// Waits for the read models, then rebuilds each one and swaps the new generation in if it is equal.
///
/// # Errors
///
/// If a read model stopped or is too late, or the store fails.
pub async fn check<S: ReadModelStore>(
    es: &EventSource<S>,
    imported: Position,
    bar: &ProgressBar,
) -> Result<Upkeep, Box<dyn Error>> {
    let started = Instant::now();
    for name in NAMES {
        es.wait_for(name, imported).timeout(PATIENCE).await?;
    }
    let behind = started.elapsed();
    let following = ReadModels::of(es).await?;
    let mut rebuilds = Vec::new();
    for name in NAMES {
        bar.set_message(name);
        rebuilds.push(rebuild(es, name, bar).await?);
    }
    bar.finish_and_clear();
    let rebuilt = ReadModels::of(es).await?;
    Ok(Upkeep { following, behind, rebuilt, rebuilds })
}

async fn rebuild<S: ReadModelStore>(
    es: &EventSource<S>,
    name: &'static str,
    bar: &ProgressBar,
) -> Result<Rebuild, Box<dyn Error>> {
    let started = Instant::now();
    let progress = |progress: eventsource::projections::RebuildProgress| {
        bar.set_length(progress.total);
        bar.set_position(progress.done);
    };
    let rebuilt = es.rebuild(name).without_swap().with_progress(progress).await?;
    let time = started.elapsed();
    let comparison = es.compare(name).await?;
    if comparison.is_equal() {
        es.swap(name).await?;
    } else {
        es.abandon(name).await?;
    }
    Ok(Rebuild { name, events: rebuilt.events, time, comparison })
}
