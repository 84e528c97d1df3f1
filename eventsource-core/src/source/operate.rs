//! What an application and its operators do with projections that run.

use std::time::Duration;

use serde_json::value::RawValue;

use super::{
    EventSource, ParkedError, ParkedRetry, Rebuild, RebuildError, Rebuilt, RowsError, Status, WaitFor,
};
use crate::{
    Position, ReadModel,
    projection::key::Keys,
    store::{
        Comparison, GenerationState, ParkedEvent, ParkedRequest, ProjectionStore, ReadModelStore, StoreError,
    },
};

/// How long an operator waits until a worker has looked at a parked key.
const PATIENCE: Duration = Duration::from_secs(30);

impl<S: ProjectionStore> EventSource<S> {
    /// Waits until the read model of a projection includes everything up to a position, such as that of a
    /// receipt. What is parked counts as included.
    ///
    /// # Errors
    ///
    /// If there is no such projection, it has stopped, or it takes longer than [`WaitFor::timeout`].
    pub fn wait_for<'a>(&'a self, projection: &'a str, position: Position) -> WaitFor<'a, S> {
        WaitFor::new(&self.inner, projection, position)
    }

    /// Makes the read model of a projection anew beside the live one, and puts it in its place once it has
    /// caught up; until then, and if it fails, queries read the old one. A rebuild that was interrupted goes on
    /// where it was. The work is done by the processes that were [started](Self::start).
    ///
    /// Only what a projection writes is made anew. A handler cannot be rebuilt.
    pub fn rebuild<'a>(&'a self, projection: &'a str) -> Rebuild<'a, S> {
        Rebuild::new(&self.inner, projection)
    }

    /// The same for the type of a projection, which the compiler knows to be one: a
    /// [`EventHandler`](crate::EventHandler) is not taken.
    pub fn rebuild_of<'a, P: crate::Projection<S>>(&'a self, projection: &P) -> Rebuild<'a, S> {
        let _ = projection;
        self.rebuild(P::NAME)
    }

    /// Lets a read model that was rebuilt [without a swap](Rebuild::without_swap) take the place of the live one.
    ///
    /// # Errors
    ///
    /// If there is none, or it stopped.
    pub async fn swap(&self, projection: &str) -> Result<Rebuilt, RebuildError> {
        let nothing = || RebuildError::Nothing { name: projection.to_owned() };
        let building = self.inner.building(projection).await?.ok_or_else(nothing)?;
        self.inner.store.swap_when_ready(building.id, true).await?;
        self.inner.follow_rebuild(building.id, projection, false, None).await
    }

    /// How the read model that is being rebuilt differs from the live one, just now.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub async fn compare(&self, projection: &str) -> Result<Comparison, RebuildError> {
        let nothing = || RebuildError::Nothing { name: projection.to_owned() };
        let building = self.inner.building(projection).await?.ok_or_else(nothing)?;
        Ok(self.inner.store.compare(building.id).await?)
    }

    /// Gives a rebuild up, and what was [kept](Rebuild::keep_old) of earlier ones. The live one stays. Answers
    /// how many generations that were.
    ///
    /// # Errors
    ///
    /// If the store cannot be written.
    pub async fn abandon(&self, projection: &str) -> Result<usize, StoreError> {
        let generations = self.inner.store.generations().await?;
        let others =
            generations.iter().filter(|it| it.name == projection && it.state != GenerationState::Live);
        let mut count = 0;
        for generation in others {
            self.inner.store.abandon(generation.id).await?;
            count += 1;
        }
        self.inner.progress.look.notify_one();
        Ok(count)
    }

    /// The way back: lets the read model that was live before, and was [kept](Rebuild::keep_old), catch up and
    /// take its place again. A process with its version has to run.
    ///
    /// # Errors
    ///
    /// If none was kept, or it stopped.
    pub async fn restore(&self, projection: &str) -> Result<Rebuilt, RebuildError> {
        let nothing = || RebuildError::Nothing { name: projection.to_owned() };
        let generations = self.inner.store.generations().await?;
        let kept =
            generations.iter().rev().find(|it| it.name == projection && it.state == GenerationState::Retired);
        let kept = kept.ok_or_else(nothing)?;
        if !self.inner.store.revive(kept.id).await? {
            return Err(nothing());
        }
        self.inner.store.swap_when_ready(kept.id, true).await?;
        self.inner.follow_rebuild(kept.id, projection, false, None).await
    }

    /// Lets a projection that stopped go on, where it stopped. Answers how many partitions had.
    ///
    /// # Errors
    ///
    /// If the store cannot be written.
    pub async fn resume(&self, projection: &str) -> Result<u64, StoreError> {
        let mut resumed = 0;
        for generation in self.inner.store.generations().await? {
            if generation.name == projection && generation.state != GenerationState::Retired {
                resumed += self.inner.store.resume(generation.id).await?;
            }
        }
        self.inner.progress.look.notify_one();
        Ok(resumed)
    }

    /// Lets a projection that commits with the events follow the log instead, so that programs without it can
    /// append. A started program that registers it inline switches it over again.
    ///
    /// # Errors
    ///
    /// If the store cannot be written.
    pub async fn demote(&self, projection: &str) -> Result<(), StoreError> {
        for generation in self.inner.store.generations().await? {
            if generation.name == projection && generation.inline {
                self.inner.store.demote(generation.id).await?;
            }
        }
        self.inner.progress.look.notify_one();
        Ok(())
    }

    /// What a projection has parked, and what was discarded of it, in the order of the log.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    pub async fn parked(&self, projection: &str) -> Result<Vec<ParkedEvent>, StoreError> {
        self.inner.parked(projection).await
    }

    /// Tries the events again that a projection has parked under a key, in order, up to the first that
    /// fails.
    ///
    /// # Errors
    ///
    /// If nothing is parked under the key, or no process does it within half a minute.
    pub async fn retry_parked(&self, projection: &str, key: &str) -> Result<ParkedRetry, ParkedError> {
        self.inner.settle(projection, key, ParkedRequest::Retry, PATIENCE).await
    }

    /// Discards the first event that a projection has parked under a key, and tries those behind it. The
    /// event stays in the log, and the reason on record.
    ///
    /// # Errors
    ///
    /// As [`retry_parked`](Self::retry_parked).
    pub async fn discard_parked(
        &self,
        projection: &str,
        key: &str,
        reason: impl Into<String>,
    ) -> Result<ParkedRetry, ParkedError> {
        let request = ParkedRequest::Discard { reason: reason.into() };
        self.inner.settle(projection, key, request, PATIENCE).await
    }

    /// What all projections and handlers in the store are doing, and who holds readers back.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    pub async fn status(&self) -> Result<Status, StoreError> {
        self.inner.status().await
    }
}

impl<S: ReadModelStore> EventSource<S> {
    /// The row of a read model with this key, as it is in the store now.
    ///
    /// # Errors
    ///
    /// If the store cannot be read, or the row is not what `R` reads.
    pub async fn find<R: ReadModel>(&self, key: &R::Key) -> Result<Option<R>, RowsError> {
        let keys = Keys::of(R::table());
        let key = keys.of_row(key)?;
        let row = self.inner.store.find_row(&keys.table, &key).await?;
        row.map(|row| read_row(&row)).transpose()
    }

    /// All rows of a read model, in the order of their keys.
    ///
    /// # Errors
    ///
    /// As [`find`](Self::find).
    pub async fn all<R: ReadModel>(&self) -> Result<Vec<R>, RowsError> {
        let rows = self.inner.store.all_rows(&R::table()).await?;
        rows.iter().map(|row| read_row(row)).collect()
    }
}

fn read_row<R: ReadModel>(row: &RawValue) -> Result<R, RowsError> {
    serde_json::from_str(row.get()).map_err(|source| RowsError::Row { table: R::TABLE, source })
}
