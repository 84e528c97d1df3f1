//! Operating the projections of a store: waiting, rebuilding, swapping, retrying, status.

use std::time::Duration;

use serde_json::value::RawValue;

use super::{
    EventSource, OperateError, Parked, ParkedError, ParkedRetries, ParkedRetry, Rebuild, RebuildError,
    Rebuilt, RowsError, Status, WaitFor,
    consumer::consumer_of,
    workers::{check_types, widen},
};
use crate::{
    Position, ReadModel,
    json::without_values,
    projection::key::Keys,
    store::{
        Comparison, Generation, GenerationId, GenerationState, ParkedRequest, ProjectionStore,
        ReadModelStore, StoreError,
    },
};

/// How long to wait until a worker has retried a parked key.
const PARKED_TIMEOUT: Duration = Duration::from_secs(30);

impl<S: ProjectionStore> EventSource<S> {
    /// Waits until the read model of a projection includes all events up to a position, such as that of a receipt.
    /// Parked events count as included.
    ///
    /// # Errors
    ///
    /// If there is no such projection, it has stopped, a later version than this program's is live and no running
    /// program has that, or the wait takes longer than [`WaitFor::timeout`].
    pub fn wait_for<'a>(&'a self, projection: &'a str, position: Position) -> WaitFor<'a, S> {
        WaitFor::new(&self.inner, projection, position)
    }

    /// Rebuilds the read model of a projection next to the live one, and swaps the two once the new one has caught
    /// up. Until then, and if the rebuild fails, queries read the old one. A rebuild that was interrupted resumes.
    /// The [started](Self::start) processes do the work.
    ///
    /// Only projections can be rebuilt, event handlers cannot.
    pub fn rebuild<'a>(&'a self, projection: &'a str) -> Rebuild<'a, S> {
        Rebuild::new(&self.inner, projection)
    }

    /// The same for a value of the projection's type. The compiler rejects an
    /// [`EventHandler`](crate::EventHandler).
    pub fn rebuild_of<'a, P: crate::Projection<S>>(&'a self, projection: &P) -> Rebuild<'a, S> {
        let _ = projection;
        self.rebuild(P::NAME)
    }

    /// Swaps a read model that was rebuilt [without a swap](Rebuild::without_swap) with the live one.
    ///
    /// # Errors
    ///
    /// If there is no such read model, or its projection stopped.
    pub async fn swap(&self, projection: &str) -> Result<Rebuilt, RebuildError> {
        let building = self.inner.building_or_nothing(projection).await?;
        self.inner.store.swap_when_ready(building.id, true).await?;
        self.inner.follow_rebuild(building.id, projection, false, None).await
    }

    /// Compares the read model that is being rebuilt with the live one, at this moment.
    ///
    /// # Errors
    ///
    /// If no rebuild is running.
    pub async fn compare(&self, projection: &str) -> Result<Comparison, RebuildError> {
        let building = self.inner.building_or_nothing(projection).await?;
        Ok(self.inner.store.compare(building.id).await?)
    }

    /// Abandons a rebuild and the generations [kept](Rebuild::keep_old) by earlier ones. The live generation
    /// stays. Returns the number of abandoned generations.
    ///
    /// # Errors
    ///
    /// If there is no such projection, or the store cannot be written.
    pub async fn abandon(&self, projection: &str) -> Result<usize, OperateError> {
        let generations = self.inner.generations_of(projection).await?;
        let mut count = 0;
        for generation in generations.iter().filter(|it| it.state != GenerationState::Live) {
            self.inner.store.abandon(generation.id).await?;
            count += 1;
        }
        self.inner.progress.wake_coordinator.notify_one();
        Ok(count)
    }

    /// Undoes a swap: lets the read model that was live before, and was [kept](Rebuild::keep_old), catch up and
    /// become live again. A process with its version must be running.
    ///
    /// # Errors
    ///
    /// If no read model was kept, another one is building, or its projection stopped.
    pub async fn restore(&self, projection: &str) -> Result<Rebuilt, RebuildError> {
        let nothing = || RebuildError::NothingKept { name: projection.to_owned() };
        let generations = self.inner.generations_of(projection).await?;
        let building = || RebuildError::Building { name: projection.to_owned() };
        let of = |state| generations.iter().rev().find(move |it: &&Generation| it.state == state);
        if let Some(found) = of(GenerationState::Building) {
            // Only a restore builds a generation that is older than the live one: it was interrupted.
            let is_restored = of(GenerationState::Live).is_some_and(|live| found.id < live.id);
            return if is_restored {
                self.follow_restored(projection, found.id).await
            } else {
                Err(building())
            };
        }
        let kept = of(GenerationState::Retired).ok_or_else(nothing)?;
        // It may have been read with fewer event types than this program reads. It stays retired until that has
        // succeeded, so that a restore that fails can be repeated.
        if let Some(consumer) = consumer_of(&self.inner.consumers, kept) {
            let (store, definition) = (&self.inner.store, consumer.definition());
            let clean = check_types(store, definition, kept).await?;
            widen(store, definition, kept, clean).await?;
        }
        if !self.inner.store.revive(kept.id).await? {
            return Err(building());
        }
        self.follow_restored(projection, kept.id).await
    }

    async fn follow_restored(
        &self,
        projection: &str,
        generation: GenerationId,
    ) -> Result<Rebuilt, RebuildError> {
        self.inner.store.swap_when_ready(generation, true).await?;
        self.inner.follow_rebuild(generation, projection, false, None).await
    }

    /// Resumes a stopped projection from its checkpoint. Returns how many of its partitions had stopped.
    ///
    /// # Errors
    ///
    /// If there is no such projection, or the store cannot be written.
    pub async fn resume(&self, projection: &str) -> Result<u64, OperateError> {
        let mut resumed = 0;
        for generation in self.inner.generations_of(projection).await? {
            if generation.state != GenerationState::Retired {
                resumed += self.inner.store.resume(generation.id).await?;
            }
        }
        self.inner.progress.wake_coordinator.notify_one();
        Ok(resumed)
    }

    /// Demotes an inline projection: it follows the log again, so that programs without it can append. A started
    /// program that registers it inline promotes it again.
    ///
    /// # Errors
    ///
    /// If there is no such projection, or the store cannot be written.
    pub async fn demote(&self, projection: &str) -> Result<(), OperateError> {
        for generation in self.inner.generations_of(projection).await? {
            if generation.inline {
                self.inner.store.demote(generation.id).await?;
            }
        }
        self.inner.progress.wake_coordinator.notify_one();
        Ok(())
    }

    /// The parked events of a projection, including discarded ones, in the order of the log, page by page. There are
    /// none if it was never started.
    ///
    /// # Errors
    ///
    /// If there is no such projection, or the store cannot be read.
    pub fn parked<'a>(&'a self, projection: &'a str) -> Parked<'a, S> {
        Parked::new(&self.inner, projection)
    }

    /// Retries the events that a projection has parked under a key, in order, up to the first that fails.
    ///
    /// # Errors
    ///
    /// If nothing is parked under the key, or no worker retries the key within 30 seconds.
    pub async fn retry_parked(&self, projection: &str, key: &str) -> Result<ParkedRetry, ParkedError> {
        self.inner.request_parked(projection, key, ParkedRequest::Retry, PARKED_TIMEOUT).await
    }

    /// Discards the first event that a projection has parked under a key, and retries the events behind it. The
    /// position is that of this event, as [`parked`](Self::parked) lists it. The event stays in the log, and the reason
    /// is stored. If the event is discarded already, nothing is discarded, and the outcome is that of its key.
    ///
    /// # Errors
    ///
    /// [`ParkedError::NotDiscarded`] if another event is the first by then: only the event that the caller has chosen is
    /// discarded. Otherwise as [`retry_parked`](Self::retry_parked).
    pub async fn discard_parked(
        &self,
        projection: &str,
        key: &str,
        position: Position,
        reason: impl Into<String>,
    ) -> Result<ParkedRetry, ParkedError> {
        let request = ParkedRequest::Discard { position: Some(position), reason: reason.into() };
        self.inner.request_parked(projection, key, request, PARKED_TIMEOUT).await
    }

    /// Retries all parked events of a projection: those of each key in order, up to the first that fails. The workers
    /// do so while they continue with the log. Returns when all were retried.
    ///
    /// To retry the events with a certain error or of a certain type, [list](Self::parked) them and retry their keys.
    ///
    /// # Errors
    ///
    /// If there is no such projection, or no worker retries a key for 30 seconds. The request stays stored.
    pub async fn retry_all_parked(&self, projection: &str) -> Result<ParkedRetries, ParkedError> {
        self.inner.request_all_parked(projection, ParkedRequest::Retry, PARKED_TIMEOUT).await
    }

    /// Discards the event that is now the first parked one of each key of a projection, and retries the events behind
    /// it, as [`discard_parked`](Self::discard_parked) does for one key. Where a later event of a key fails, it stays parked.
    ///
    /// # Errors
    ///
    /// As [`retry_all_parked`](Self::retry_all_parked).
    pub async fn discard_all_parked(
        &self,
        projection: &str,
        reason: impl Into<String>,
    ) -> Result<ParkedRetries, ParkedError> {
        let request = ParkedRequest::Discard { position: None, reason: reason.into() };
        self.inner.request_all_parked(projection, request, PARKED_TIMEOUT).await
    }

    /// The status of all projections and event handlers in the store, and the transactions that hold the horizon
    /// back.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    pub async fn status(&self) -> Result<Status, StoreError> {
        self.inner.status().await
    }
}

impl<S: ReadModelStore> EventSource<S> {
    /// The current row of a read model with this key.
    ///
    /// # Errors
    ///
    /// [`RowsError::OtherVersion`] if a later version of the read model is live than the one that this program has, or
    /// if an earlier one is live and its rows cannot be read. A program sees a swap with its next heartbeat, or, if
    /// it runs no workers, within ten seconds. Also if the store cannot be read, or the row cannot be deserialized as
    /// `R`.
    pub async fn find<R: ReadModel>(&self, key: &R::Key) -> Result<Option<R>, RowsError> {
        let keys = Keys::of(R::table());
        let key = keys.of_row(key)?;
        self.inner.check_version(R::TABLE, R::VERSION).await?;
        let found = self.inner.store.find_row(&keys.table, &key).await;
        let row = found.map_err(RowsError::from).and_then(|row| row.map(|row| read_row(&row)).transpose());
        self.explained::<R, _>(row).await
    }

    /// All rows of a read model, in the order of their keys.
    ///
    /// # Errors
    ///
    /// As [`find`](Self::find).
    pub async fn all<R: ReadModel>(&self) -> Result<Vec<R>, RowsError> {
        self.inner.check_version(R::TABLE, R::VERSION).await?;
        let found = self.inner.store.all_rows(&R::table()).await.map_err(RowsError::from);
        let rows = found.and_then(|rows| rows.iter().map(|row| read_row(row)).collect());
        self.explained::<R, _>(rows).await
    }

    /// Rows of another version can lack a column, or have one of another type: then the version is the reason.
    async fn explained<R: ReadModel, T>(&self, read: Result<T, RowsError>) -> Result<T, RowsError> {
        let may_be_another_version = match &read {
            Err(RowsError::Row { .. }) => true,
            Err(RowsError::Store(error)) => !error.is_retryable(),
            _ => false,
        };
        match may_be_another_version {
            true => match self.inner.other_version_than(R::TABLE, R::VERSION).await {
                Some(other) => Err(other.into()),
                None => read,
            },
            false => read,
        }
    }
}

fn read_row<R: ReadModel>(row: &RawValue) -> Result<R, RowsError> {
    serde_json::from_str(row.get())
        .map_err(|source| RowsError::Row { table: R::TABLE, source: without_values(source) })
}
