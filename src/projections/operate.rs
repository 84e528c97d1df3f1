//! Operations on the generations of a projection: swap, compare, abandon, restore, resume, demote.

use super::{
    by_name::OperateError,
    consumer::consumer_of,
    engine::ProjectionEngine,
    rebuild::{RebuildError, Rebuilt},
    widen::{self, widen},
};
use crate::store::{Comparison, Generation, GenerationId, GenerationState, ProjectionStore};

impl<S: ProjectionStore> ProjectionEngine<S> {
    pub(crate) async fn swap(&self, projection: &str) -> Result<Rebuilt, RebuildError> {
        let building = self.building_or_nothing(projection).await?;
        self.store.swap_when_ready(building.id, true).await?;
        self.follow_rebuild(building.id, projection, false, None).await
    }

    pub(crate) async fn compare(&self, projection: &str) -> Result<Comparison, RebuildError> {
        let building = self.building_or_nothing(projection).await?;
        Ok(self.store.compare(building.id).await?)
    }

    pub(crate) async fn abandon(&self, projection: &str) -> Result<usize, OperateError> {
        let generations = self.generations_of(projection).await?;
        let mut count = 0;
        for generation in generations.iter().filter(|it| it.state != GenerationState::Live) {
            self.store.abandon(generation.id).await?;
            count += 1;
        }
        self.progress.wake_coordinator.notify_one();
        Ok(count)
    }

    pub(crate) async fn restore(&self, projection: &str) -> Result<Rebuilt, RebuildError> {
        let nothing = || RebuildError::NothingKept { name: projection.to_owned() };
        let generations = self.generations_of(projection).await?;
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
        if let Some(consumer) = consumer_of(&self.consumers, kept) {
            let (store, definition) = (&self.store, consumer.definition());
            let clean = widen::check(store, definition, kept).await?;
            widen(store, definition, kept, clean).await?;
        }
        if !self.store.revive(kept.id).await? {
            return Err(building());
        }
        self.follow_restored(projection, kept.id).await
    }

    async fn follow_restored(
        &self,
        projection: &str,
        generation: GenerationId,
    ) -> Result<Rebuilt, RebuildError> {
        self.store.swap_when_ready(generation, true).await?;
        self.follow_rebuild(generation, projection, false, None).await
    }

    pub(crate) async fn resume(&self, projection: &str) -> Result<u64, OperateError> {
        let mut resumed = 0;
        for generation in self.generations_of(projection).await? {
            if generation.state != GenerationState::Retired {
                resumed += self.store.resume(generation.id).await?;
            }
        }
        self.progress.wake_coordinator.notify_one();
        Ok(resumed)
    }

    pub(crate) async fn demote(&self, projection: &str) -> Result<(), OperateError> {
        for generation in self.generations_of(projection).await? {
            if generation.inline {
                self.store.demote(generation.id).await?;
            }
        }
        self.progress.wake_coordinator.notify_one();
        Ok(())
    }
}
