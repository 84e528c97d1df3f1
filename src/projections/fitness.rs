//! Which generations this program can process, by the event types that it reads.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::assignment::Fitness;
use crate::{
    Again,
    projections::consumer::{Consumer, Consumers, can_pass, consumer_of, supported},
    store::{Generation, GenerationId, GenerationState, Misfit, StopReason, SupportedProjection},
};

/// The fitness of this program for each generation whose code it has.
pub(super) struct Fitnesses<S> {
    consumers: Consumers<S>,
    /// Of the generations whose code it has.
    judged: BTreeMap<GenerationId, Fitness>,
    /// The projections that the heartbeats do not announce: they have a generation for which this program is not fit.
    unannounced: BTreeSet<String>,
    has_judged: bool,
}

impl<S> Fitnesses<S> {
    pub(super) fn new(consumers: Consumers<S>) -> Self {
        Self { consumers, judged: BTreeMap::new(), unannounced: BTreeSet::new(), has_judged: false }
    }

    /// Whether generations were judged already.
    pub(super) fn has_judged(&self) -> bool {
        self.has_judged
    }

    /// The code for a generation.
    pub(super) fn consumer(&self, generation: &Generation) -> Option<&Arc<dyn Consumer<S>>> {
        consumer_of(&self.consumers, generation)
    }

    /// Judges the generations by their event types and by the partitions that stopped.
    pub(super) fn judge_all(&mut self, generations: &[Generation]) {
        let mut judged = BTreeMap::new();
        let mut unannounced = BTreeSet::new();
        for generation in generations.iter().filter(|it| it.state != GenerationState::Retired) {
            let Some(consumer) = self.consumer(generation) else { continue };
            let before = self.judged.get(&generation.id).copied();
            let fitness = judge(&**consumer, generation, before);
            if fitness == Fitness::Unfit && before != Some(Fitness::Unfit) {
                warn_of(&**consumer, generation);
            }
            if fitness != Fitness::Fit {
                unannounced.insert(generation.name.clone());
            }
            judged.insert(generation.id, fitness);
        }
        (self.judged, self.unannounced, self.has_judged) = (judged, unannounced, true);
    }

    /// What the heartbeats announce: the projections of this program, except those of which a generation needs a newer
    /// program, so that other workers leave no partition to this one.
    pub(super) fn supported(&self) -> Vec<SupportedProjection> {
        let definitions = self.consumers.iter().map(|consumer| consumer.definition());
        definitions.filter(|it| !self.unannounced.contains(&it.name)).map(supported).collect()
    }

    /// The fitness for a generation.
    pub(super) fn of(&self, generation: &Generation) -> Fitness {
        self.judged.get(&generation.id).copied().unwrap_or(Fitness::Unfit)
    }

    /// Whether this program can continue where a partition of the generation stopped.
    pub(super) fn can_pass(&self, generation: &Generation, reason: &StopReason) -> bool {
        self.consumer(generation).is_some_and(|consumer| can_pass(&**consumer, reason))
    }

    /// When this program continues with a partition of the generation that has stopped at an error.
    pub(super) fn again(&self, generation: &Generation) -> Option<Again> {
        self.consumer(generation).filter(|_| self.of(generation) == Fitness::Fit)?.on_failure().again
    }

    /// Whether this program has the code for the generation, but reads other event types than it needs.
    pub(super) fn is_unfit(&self, generation: &Generation) -> bool {
        self.judged.get(&generation.id) == Some(&Fitness::Unfit)
    }
}

fn judge<S>(consumer: &dyn Consumer<S>, generation: &Generation, before: Option<Fitness>) -> Fitness {
    if generation.event_types.misfit(&consumer.definition().event_types).is_some() {
        return Fitness::Unfit;
    }
    let needs_newer = |reason: &StopReason| {
        matches!(reason, StopReason::NeedsNewerProgram { .. }) && !can_pass(consumer, reason)
    };
    // A program that has met such an event is outdated until it ends: newer programs record more of them.
    let mut stopped = generation.checkpoints.iter().filter_map(|it| it.stopped.as_ref());
    match before == Some(Fitness::Outdated) || stopped.any(|stopped| needs_newer(&stopped.reason)) {
        true => Fitness::Outdated,
        false => Fitness::Fit,
    }
}

fn warn_of<S>(consumer: &dyn Consumer<S>, generation: &Generation) {
    let Generation { name, version, event_types, .. } = generation;
    match event_types.misfit(&consumer.definition().event_types) {
        None => {}
        Some(Misfit::Unread(event_types)) => tracing::warn!(
            projection = name,
            version,
            ?event_types,
            "this program does not process the projection: it does not read event types that other programs read"
        ),
        Some(Misfit::MayHaveSkipped(event_types)) => tracing::warn!(
            projection = name,
            version,
            ?event_types,
            "this program reads event types that the generation was not read with; start it again, or rebuild"
        ),
    }
}

#[cfg(test)]
mod tests;
