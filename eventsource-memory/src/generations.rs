//! The generations of all projections: created, swapped, retired and abandoned.

use std::collections::{BTreeMap, BTreeSet};

use super::{parked::Parked, partitions::Heartbeat, tables::Tables};
use eventsource_core::{
    Position, Timestamp,
    store::{
        AppendError, Checkpoint, Comparison, Definition, EventTypes, Generation, GenerationFault,
        GenerationId, GenerationRequest, GenerationState, ImportError, PartitionOf, ProjectionKind, StartAt,
        WorkerId,
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
}

/// Whether a building generation can be swapped with the live one.
pub(super) enum Readiness {
    Ready,
    Behind,
    Gone,
}

impl Projections {
    /// The generation that the request calls for; `None` if the request needs none.
    pub(super) fn due(
        &mut self,
        definition: &Definition,
        request: GenerationRequest,
        log_end: Position,
    ) -> Option<Generation> {
        let mut current = self.of_name(&definition.name).peekable();
        let first = current.peek().is_none();
        let is_due = match request {
            GenerationRequest::Start => current.all(|it| it.version < definition.version),
            GenerationRequest::Rebuild { .. } => current.all(|it| it.state != GenerationState::Building),
        };
        drop(current);
        if !is_due {
            return None;
        }
        self.last_id += 1;
        let (swap_when_ready, keep_old) = match request {
            GenerationRequest::Start => (true, false),
            GenerationRequest::Rebuild { swap_when_ready, keep_old } => (swap_when_ready, keep_old),
        };
        let position = match definition.start {
            StartAt::Now if first => log_end,
            StartAt::After(position) if first => position,
            _ => Position::START,
        };
        let now = Timestamp::now();
        let checkpoint = Checkpoint {
            position,
            epoch: 0,
            owner: None,
            owner_application: None,
            owner_lives: false,
            events: 0,
            parked: 0,
            parked_requests: 0,
            last_error: None,
            stopped: None,
            updated_at: now,
        };
        Some(Generation {
            id: GenerationId::new(self.last_id),
            name: definition.name.clone(),
            version: definition.version,
            kind: definition.kind,
            state: if first { GenerationState::Live } else { GenerationState::Building },
            inline: false,
            swap_when_ready,
            keep_old,
            created_at: now,
            event_types: definition.event_types.clone(),
            checkpoints: (0..definition.partitions.max(1)).map(|_| checkpoint.clone()).collect(),
        })
    }

    /// Inserts a generation that was planned. A building generation of the same name is abandoned.
    pub(super) fn take_up(&mut self, due: Generation) {
        self.generations
            .retain(|_, it| it.about.name != due.name || it.about.state != GenerationState::Building);
        let entry = GenerationEntry { about: due, tables: Tables::default(), parked: Parked::default() };
        self.generations.insert(entry.about.id, entry);
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
    pub(super) fn check_inline(&self, inline: &[GenerationId]) -> Result<(), AppendError> {
        let due = || self.generations.values().filter(|entry| entry.about.inline);
        if due().map(|entry| entry.about.id).eq(inline.iter().copied().collect::<BTreeSet<_>>()) {
            return Ok(());
        }
        Err(AppendError::Inline { projections: due().map(|entry| entry.about.name.clone()).collect() })
    }

    pub(super) fn check_import(&self) -> Result<(), ImportError> {
        let inline = self.generations.values().filter(|entry| entry.about.inline);
        let projections: Vec<_> = inline.map(|entry| entry.about.name.clone()).collect();
        if projections.is_empty() { Ok(()) } else { Err(ImportError::Inline { projections }) }
    }

    pub(super) fn find(&self, generation: GenerationId) -> Option<Generation> {
        self.generations.get(&generation).map(|entry| self.describe(entry))
    }

    pub(super) fn widen(&mut self, generation: GenerationId, types: &EventTypes) {
        let Some(entry) = self.generations.get_mut(&generation) else { return };
        let about = &mut entry.about;
        if about.event_types.has_to_revoke(types) {
            for checkpoint in &mut about.checkpoints {
                checkpoint.owner = None;
                checkpoint.epoch += 1;
            }
        }
        about.event_types = about.event_types.widened_by(types);
    }

    /// Gives a handler another name and another number of partitions.
    pub(super) fn change_handler(
        &mut self,
        generation: GenerationId,
        name: &str,
        partitions: u32,
        partition_of: PartitionOf<'_>,
    ) -> bool {
        let is_taken = self.of_name(name).any(|it| it.id != generation);
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

    pub(super) fn promote(&mut self, generation: GenerationId) {
        if let Some(entry) = self.generations.get_mut(&generation) {
            entry.about.inline = true;
        }
    }

    pub(super) fn demote(&mut self, generation: GenerationId, log_end: Position) {
        if let Some(entry) = self.generations.get_mut(&generation).filter(|it| it.about.inline) {
            entry.follow_again(log_end);
        }
    }

    /// Compares a generation with the live one. If it is ready, no worker can claim a partition of either from now
    /// on.
    pub(super) fn begin_swap(&mut self, generation: GenerationId, log_end: Position) -> Readiness {
        let Some((live, building)) = self.pair(generation) else { return Readiness::Gone };
        let ends = |it: &Generation| it.checkpoints.iter().map(|it| it.position).max().unwrap_or_default();
        let live_at = if live.about.inline { log_end } else { ends(&live.about) };
        let building_at = if building.about.inline { log_end } else { building.about.position() };
        if building_at < live_at {
            return Readiness::Behind;
        }
        let partitions: Vec<_> = [live, building].iter().flat_map(|entry| entry.partitions()).collect();
        self.open.extend(partitions);
        Readiness::Ready
    }

    pub(super) fn swap(&mut self, generation: GenerationId, keep_old: bool, log_end: Position) {
        let Some((live, _)) = self.pair(generation) else { return };
        let old = live.about.id;
        if let Some(building) = self.generations.get_mut(&generation) {
            building.about.state = GenerationState::Live;
        }
        match self.generations.get_mut(&old) {
            Some(retired) if keep_old => {
                retired.about.state = GenerationState::Retired;
                for checkpoint in &mut retired.about.checkpoints {
                    checkpoint.owner = None;
                }
                if retired.about.inline {
                    retired.follow_again(log_end);
                }
            }
            _ => drop(self.generations.remove(&old)),
        }
    }

    pub(super) fn abandon(&mut self, generation: GenerationId) -> Result<(), GenerationFault> {
        let found = self.generations.get(&generation);
        if found.is_some_and(|entry| entry.about.state == GenerationState::Live) {
            return Err(GenerationFault::Live { generation });
        }
        self.generations.remove(&generation);
        Ok(())
    }

    pub(super) fn revive(&mut self, generation: GenerationId) -> bool {
        let retired = |it: &&GenerationEntry| it.about.state == GenerationState::Retired;
        let Some(name) = self.generations.get(&generation).filter(retired).map(|it| it.about.name.clone())
        else {
            return false;
        };
        if self.of_name(&name).any(|it| it.state == GenerationState::Building) {
            return false;
        }
        if let Some(entry) = self.generations.get_mut(&generation) {
            entry.about.state = GenerationState::Building;
            entry.about.swap_when_ready = false;
        }
        true
    }

    pub(super) fn compare(&self, generation: GenerationId) -> Option<Comparison> {
        let (live, building) = self.pair(generation)?;
        Some(Comparison {
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

    /// The live and the building generation, if this is the building one.
    fn pair(&self, generation: GenerationId) -> Option<(&GenerationEntry, &GenerationEntry)> {
        let building = self.generations.get(&generation)?;
        let is_live = |it: &&GenerationEntry| {
            it.about.name == building.about.name && it.about.state == GenerationState::Live
        };
        let live = self.generations.values().find(is_live)?;
        (building.about.state == GenerationState::Building).then_some((live, building))
    }

    /// The live and building generations of a projection.
    fn of_name<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Generation> {
        let all = self.generations.values().map(|entry| &entry.about);
        all.filter(move |it| it.name == name && it.state != GenerationState::Retired)
    }
}

impl GenerationEntry {
    fn partitions(&self) -> impl Iterator<Item = (GenerationId, u32)> {
        (0..).zip(&self.about.checkpoints).map(|(partition, _)| (self.about.id, partition))
    }

    /// Follows the log from its end, because each event was already applied with its append.
    fn follow_again(&mut self, log_end: Position) {
        self.about.inline = false;
        for checkpoint in &mut self.about.checkpoints {
            checkpoint.position = log_end;
            checkpoint.updated_at = Timestamp::now();
        }
    }
}
