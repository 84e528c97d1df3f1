//! The generations of all projections: created, swapped, retired and abandoned.

use std::collections::{BTreeMap, BTreeSet};

use super::{instances::Instances, parked::Parked, partitions::Heartbeat, tables::Tables, timers::Timers};
use eventsource_core::{
    Position, Timestamp,
    store::{
        AppendError, Checkpoint, Comparison, Definition, Generation, GenerationFault, GenerationId,
        GenerationRequest, GenerationState, ImportError, PartitionOf, ProjectionKind, SwapAttempt, WorkerId,
        rules::generations::{self as rules, Due, Existing, Widening},
    },
};

#[derive(Debug, Default)]
pub(super) struct Projections {
    last_id: u64,
    pub(super) generations: BTreeMap<GenerationId, GenerationEntry>,
    pub(super) workers: BTreeMap<WorkerId, Heartbeat>,
    /// Partitions that the open transaction holds. No worker can claim them.
    pub(super) open: BTreeSet<(GenerationId, u32)>,
}

/// A generation with its tables and its parked events.
#[derive(Debug)]
pub(super) struct GenerationEntry {
    /// Whether an owner is alive, and the numbers of parked events, are computed on request.
    pub(super) about: Generation,
    pub(super) tables: Tables,
    pub(super) parked: Parked,
    pub(super) timers: Timers,
    pub(super) instances: Instances,
}

/// A generation to be created, and the one that is abandoned with it.
pub(super) struct Planned {
    pub(super) about: Generation,
    abandon: Option<GenerationId>,
}

impl Projections {
    /// The generation that the request calls for; `None` if the request needs none.
    pub(super) fn plan(
        &mut self,
        definition: &Definition,
        request: GenerationRequest,
        log_end: Position,
    ) -> Option<Planned> {
        match Due::of(definition, request, self.existing(&definition.name)) {
            Due::Nothing => None,
            Due::SwapOptions { building, swap_when_ready, keep_old } => {
                self.set_swap_options(building, swap_when_ready, Some(keep_old));
                None
            }
            Due::Create(new) => {
                self.last_id += 1;
                let id = GenerationId::new(self.last_id);
                let about = new.create(id, definition, log_end, Timestamp::now());
                Some(Planned { about, abandon: new.abandon })
            }
        }
    }

    /// Creates a generation that was planned.
    pub(super) fn create(&mut self, Planned { about, abandon }: Planned) {
        abandon.map(|earlier| self.generations.remove(&earlier));
        let id = about.id;
        let entry = GenerationEntry {
            about,
            tables: Tables::default(),
            parked: Parked::default(),
            timers: Timers::default(),
            instances: Instances::default(),
        };
        self.generations.insert(id, entry);
    }

    pub(super) fn set_swap_options(&mut self, id: GenerationId, swap: bool, keep_old: Option<bool>) {
        if let Some(about) = self.about_mut(id) {
            rules::set_swap_options(about, swap, keep_old);
        }
    }

    pub(super) fn list(&self) -> Vec<Generation> {
        let mut list: Vec<_> = self.generations.values().map(|entry| self.describe(entry)).collect();
        list.sort_by(|one, other| (&one.name, one.id).cmp(&(&other.name, other.id)));
        list
    }

    fn describe(&self, entry: &GenerationEntry) -> Generation {
        let mut about = entry.about.clone();
        for (partition, checkpoint) in (0..).zip(&mut about.checkpoints) {
            checkpoint.owner_application = checkpoint.owner.and_then(|owner| self.application(owner));
            checkpoint.owner_lives = checkpoint.owner.is_some_and(|owner| self.lives(owner));
            (checkpoint.parked, checkpoint.parked_requests) = entry.parked.count(partition);
        }
        about
    }

    /// Checks that these are exactly the generations that are inline.
    pub(super) fn check_inline(&self, named: &[GenerationId]) -> Result<(), AppendError> {
        rules::check_inline(self.inline(), named).map_err(|projections| AppendError::Inline { projections })
    }

    pub(super) fn check_import(&self) -> Result<(), ImportError> {
        rules::check_inline(self.inline(), &[]).map_err(|projections| ImportError::Inline { projections })
    }

    fn inline(&self) -> impl Iterator<Item = (GenerationId, &str)> {
        let inline = self.generations.values().map(|entry| &entry.about).filter(|about| about.inline);
        inline.map(|about| (about.id, about.name.as_str()))
    }

    pub(super) fn find(&self, generation: GenerationId) -> Option<Generation> {
        self.generations.get(&generation).map(|entry| self.describe(entry))
    }

    pub(super) fn about_mut(&mut self, generation: GenerationId) -> Option<&mut Generation> {
        self.generations.get_mut(&generation).map(|entry| &mut entry.about)
    }

    pub(super) fn widen(&mut self, generation: GenerationId, widening: Widening) {
        if let Some(about) = self.about_mut(generation) {
            widening.apply(about);
        }
    }

    /// Gives a handler another name and another number of partitions.
    pub(super) fn change_handler(
        &mut self,
        generation: GenerationId,
        name: &str,
        partitions: u32,
        partition_of: PartitionOf<'_>,
    ) -> bool {
        let is_taken = self.generations.values().any(|it| it.about.name == name && it.about.id != generation);
        let handler = |entry: &&mut GenerationEntry| {
            entry.about.kind == ProjectionKind::Handler && entry.about.state == GenerationState::Live
        };
        let Some(entry) = self.generations.get_mut(&generation).filter(|it| !is_taken && handler(it)) else {
            return false;
        };
        let checkpoints = &mut entry.about.checkpoints;
        let epoch = checkpoints.iter().map(|it| it.epoch).max().unwrap_or_default() + 1;
        if checkpoints.len() != partitions as usize {
            let lowest = checkpoints.iter().min_by_key(|it| it.position).cloned();
            let events = checkpoints.iter().map(|it| it.events).sum();
            let fresh =
                |lowest: Checkpoint| Checkpoint { events: 0, last_error: None, stopped: None, ..lowest };
            *checkpoints = lowest.into_iter().map(fresh).cycle().take(partitions as usize).collect();
            if let Some(first) = checkpoints.first_mut() {
                first.events = events;
            }
            entry.parked.spread(partition_of);
        }
        for checkpoint in &mut entry.about.checkpoints {
            (checkpoint.owner, checkpoint.epoch) = (None, epoch);
        }
        name.clone_into(&mut entry.about.name);
        true
    }

    /// From now on a transaction holds every partition of the generation.
    pub(super) fn open_all(&mut self, generation: GenerationId) {
        let partitions: Vec<_> =
            self.generations.get(&generation).map(|entry| entry.partitions().collect()).unwrap_or_default();
        self.open.extend(partitions);
    }

    /// Compares a generation with the live one. If it is ready, no worker can claim a partition of either from now
    /// on.
    pub(super) fn begin_swap(&mut self, generation: GenerationId, log_end: Position) -> SwapAttempt<()> {
        let Some(building) = self.generations.get(&generation) else { return SwapAttempt::Gone };
        let live = self.live(&building.about.name);
        let attempt = rules::swap_attempt(
            Some(building.about.state),
            live.map(|live| rules::swap_position(&live.about, log_end)),
            Some(building.about.position()),
        );
        if let SwapAttempt::Ready(()) = attempt {
            let partitions: Vec<_> =
                live.into_iter().chain([building]).flat_map(GenerationEntry::partitions).collect();
            self.open.extend(partitions);
        }
        attempt
    }

    pub(super) fn check_building(&self, generation: GenerationId) -> Result<(), GenerationFault> {
        rules::check_building(generation, self.state(generation))
    }

    pub(super) fn swap(&mut self, generation: GenerationId, keep_old: bool, log_end: Position) {
        let Some(building) = self.generations.get(&generation) else { return };
        let old = self.live(&building.about.name).map(|live| live.about.id);
        if self.about_mut(generation).is_some_and(|about| rules::make_live(about).is_err()) {
            return;
        }
        match old.and_then(|old| self.about_mut(old)) {
            Some(live) if keep_old => rules::retire(live, log_end, Timestamp::now()),
            _ => drop(old.and_then(|old| self.generations.remove(&old))),
        }
    }

    pub(super) fn promote(&mut self, generation: GenerationId) {
        if let Some(about) = self.about_mut(generation) {
            // It was checked before, and only the transaction that commits can have changed it.
            let _ = rules::promote(about);
        }
    }

    pub(super) fn abandon(&mut self, generation: GenerationId) -> Result<(), GenerationFault> {
        if rules::abandon(generation, self.state(generation))? {
            self.generations.remove(&generation);
        }
        Ok(())
    }

    pub(super) fn revive(&mut self, generation: GenerationId) -> bool {
        let Some(name) = self.generations.get(&generation).map(|entry| entry.about.name.clone()) else {
            return false;
        };
        let revives = rules::may_revive(self.state(generation), self.existing(&name));
        if let Some(about) = self.about_mut(generation).filter(|_| revives) {
            rules::revive(about);
        }
        revives
    }

    pub(super) fn compare(&self, generation: GenerationId) -> Result<Comparison, GenerationFault> {
        self.check_building(generation)?;
        let not_building = GenerationFault::NotBuilding { generation };
        let building = self.generations.get(&generation).ok_or(not_building.clone())?;
        let live = self.live(&building.about.name).ok_or(not_building)?;
        Ok(Comparison {
            live: live.about.position(),
            building: building.about.position(),
            tables: live.tables.differences(&building.tables),
        })
    }

    /// The tables of the live generation of the projection that has this table.
    pub(super) fn live_tables(&self, table: &str) -> Option<&Tables> {
        let live = self.generations.values().filter(|entry| entry.about.state == GenerationState::Live);
        live.map(|entry| &entry.tables).find(|tables| tables.rows(table).is_some())
    }

    fn live(&self, name: &str) -> Option<&GenerationEntry> {
        let mut all = self.generations.values();
        all.find(|entry| entry.about.name == name && entry.about.state == GenerationState::Live)
    }

    pub(super) fn state(&self, generation: GenerationId) -> Option<GenerationState> {
        self.generations.get(&generation).map(|entry| entry.about.state)
    }

    /// The generations of a projection.
    fn existing(&self, name: &str) -> impl Iterator<Item = Existing> {
        let all = self.generations.values().map(|entry| &entry.about);
        all.filter(move |about| about.name == name).map(Existing::from)
    }
}

impl GenerationEntry {
    fn partitions(&self) -> impl Iterator<Item = (GenerationId, u32)> {
        (0..).zip(&self.about.checkpoints).map(|(partition, _)| (self.about.id, partition))
    }
}
