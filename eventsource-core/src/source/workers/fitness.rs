//! Which generations this program can process, by the event types that it reads.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::assignment::Fitness;
use crate::{
    source::consumer::{Consumer, can_pass, supported},
    store::{Generation, GenerationId, GenerationState, StopReason, SupportedProjection},
};

/// The fitness of this program for each generation whose code it has.
pub(super) struct Fitnesses<S> {
    consumers: Vec<Arc<dyn Consumer<S>>>,
    /// Of the generations whose code it has.
    judged: BTreeMap<GenerationId, Fitness>,
    /// The projections that have a generation for which this program is not fit.
    held_up: BTreeSet<String>,
    have_looked: bool,
}

impl<S> Fitnesses<S> {
    pub(super) fn new(consumers: Vec<Arc<dyn Consumer<S>>>) -> Self {
        Self { consumers, judged: BTreeMap::new(), held_up: BTreeSet::new(), have_looked: false }
    }

    /// Whether generations were judged already.
    pub(super) fn have_looked(&self) -> bool {
        self.have_looked
    }

    /// The code for a generation.
    pub(super) fn consumer(&self, generation: &Generation) -> Option<&Arc<dyn Consumer<S>>> {
        let is_its = |it: &&Arc<dyn Consumer<S>>| {
            it.definition().name == generation.name && it.definition().version == generation.version
        };
        self.consumers.iter().find(is_its)
    }

    /// Judges the generations by their event types and by the partitions that stopped.
    pub(super) fn look_at(&mut self, generations: &[Generation]) {
        let mut judged = BTreeMap::new();
        let mut held_up = BTreeSet::new();
        for generation in generations.iter().filter(|it| it.state != GenerationState::Retired) {
            let Some(consumer) = self.consumer(generation) else { continue };
            let before = self.judged.get(&generation.id).copied();
            let fitness = judge(&**consumer, generation, before);
            if fitness == Fitness::Unfit && before != Some(Fitness::Unfit) {
                warn_of(&**consumer, generation);
            }
            if fitness != Fitness::Fit {
                held_up.insert(generation.name.clone());
            }
            judged.insert(generation.id, fitness);
        }
        (self.judged, self.held_up, self.have_looked) = (judged, held_up, true);
    }

    /// What the heartbeats announce: the projections of this program, except those of which a generation needs a newer
    /// program, so that other workers leave no partition to this one.
    pub(super) fn supported(&self) -> Vec<SupportedProjection> {
        let definitions = self.consumers.iter().map(|consumer| consumer.definition());
        definitions.filter(|it| !self.held_up.contains(&it.name)).map(supported).collect()
    }

    /// The fitness for a generation.
    pub(super) fn of(&self, generation: &Generation) -> Fitness {
        self.judged.get(&generation.id).copied().unwrap_or(Fitness::Unfit)
    }

    /// Whether this program can continue where a partition of the generation stopped.
    pub(super) fn can_pass(&self, generation: &Generation, reason: &StopReason) -> bool {
        self.consumer(generation).is_some_and(|consumer| can_pass(&**consumer, reason))
    }

    /// Whether this program has the code for the generation, but reads other event types than it needs.
    pub(super) fn is_unfit(&self, generation: &Generation) -> bool {
        self.judged.get(&generation.id) == Some(&Fitness::Unfit)
    }
}

fn judge<S>(consumer: &dyn Consumer<S>, generation: &Generation, before: Option<Fitness>) -> Fitness {
    let (program, needed) = (&consumer.definition().event_types, &generation.event_types);
    if needed.unread_by(program).next().is_some() || needed.may_have_skipped(program).next().is_some() {
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
    let program = &consumer.definition().event_types;
    let unread: Vec<_> = event_types.unread_by(program).collect();
    if unread.is_empty() {
        let event_types: Vec<_> = event_types.may_have_skipped(program).collect();
        tracing::warn!(
            projection = name,
            version,
            ?event_types,
            "this program reads event types that the generation was not read with; start it again, or rebuild"
        );
    } else {
        tracing::warn!(
            projection = name,
            version,
            event_types = ?unread,
            "this program does not process the projection: it does not read event types that other programs read"
        );
    }
}
