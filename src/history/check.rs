//! Checking whether this program can decode the events of a store.

mod every;
mod report;

use std::{
    fmt,
    future::{Future, IntoFuture},
    marker::PhantomData,
    pin::Pin,
    sync::Arc,
};

pub use report::{RenamedCategory, SchemaCheck, SchemaReport, SchemaVerdict};

use crate::{
    EventSet,
    store::{EventStore, LogFilter, StoreError, StoredType},
};

/// How many payloads of each category, type and version are decoded by default.
const SAMPLES: usize = 20;
/// How many of them are decoded at most: all samples are in memory together.
const MOST_SAMPLES: usize = 1_000;

/// A check of stored events that is run by `.await`; see
/// [`EventSource::check_schemas`](crate::EventSource::check_schemas).
#[must_use = "a check is run by `.await`"]
pub struct CheckSchemas<'a, S, E> {
    store: &'a Arc<S>,
    /// `None` for every event.
    samples: Option<usize>,
    progress: Option<Box<dyn FnMut(u64) + Send + 'a>>,
    set: PhantomData<fn() -> E>,
}

impl<'a, S: EventStore, E: EventSet> CheckSchemas<'a, S, E> {
    pub(crate) fn new(store: &'a Arc<S>) -> Self {
        Self { store, samples: Some(SAMPLES), progress: None, set: PhantomData }
    }

    /// Sets how many events of each category, type and version are decoded at most: 20 by default, from 1 to 1,000, to
    /// which other numbers are brought. They are chosen at random, others each time: of not many more events than that,
    /// some fewer.
    pub fn samples(self, samples: usize) -> Self {
        Self { samples: Some(samples.clamp(1, MOST_SAMPLES)), ..self }
    }

    /// Decodes every event. The log is read once, in pages, as in a replay, and none of it is kept in memory.
    pub fn all(self) -> Self {
        Self { samples: None, ..self }
    }

    /// Calls `progress` after every 5,000 events, and at the end, with the number of events that were read so far. Only
    /// a check of [all](Self::all) events calls it.
    pub fn with_progress(self, progress: impl FnMut(u64) + Send + 'a) -> Self {
        Self { progress: Some(Box::new(progress)), ..self }
    }

    async fn run(self) -> Result<SchemaReport, StoreError> {
        let Self { store, samples, progress, .. } = self;
        let checks = match samples {
            Some(samples) => {
                let reads = LogFilter::of::<E>();
                let stored = store.stored_types(samples).await?;
                stored.into_iter().map(|stored| check_type::<E>(stored, &reads)).collect()
            }
            None => every::check::<E, S>(store, progress).await?,
        };
        Ok(SchemaReport::of::<E>(checks))
    }
}

impl<'a, S: EventStore, E: EventSet> IntoFuture for CheckSchemas<'a, S, E> {
    type Output = Result<SchemaReport, StoreError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

fn check_type<E: EventSet>(stored: StoredType, reads: &LogFilter) -> SchemaCheck {
    let StoredType { category, event_type, schema_version, count, samples } = stored;
    let mut verdict = SchemaVerdict::before::<E>(reads, &category, &event_type);
    if matches!(verdict, SchemaVerdict::Decodes { .. }) {
        samples.into_iter().for_each(|event| verdict.add(event.decode::<E>().err()));
    }
    SchemaCheck { category, event_type, schema_version, count, verdict }
}

impl<S, E> fmt::Debug for CheckSchemas<'_, S, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CheckSchemas").field("samples", &self.samples).finish_non_exhaustive()
    }
}
