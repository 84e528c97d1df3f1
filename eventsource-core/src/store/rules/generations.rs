//! The rules of generations: when one is created, swapped, retired, revived, abandoned, widened, promoted and demoted.
//!
//! Each function decides on what the store has read within the transaction that writes, while no other transaction
//! changes the generations of the projection or their checkpoints. A function that changes a [`Generation`] says what the
//! statements of a store that keeps rows have to write.

use std::collections::{BTreeMap, BTreeSet};

use super::leases;
use crate::{
    Position, Timestamp,
    store::{
        Checkpoint, Definition, EventTypes, Generation, GenerationFault, GenerationId, GenerationRequest,
        GenerationState, StartAt, SwapAttempt,
    },
};

/// A generation of a projection, as far as a decision about another one depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Existing {
    /// Its number.
    pub id: GenerationId,
    /// The version of the projection.
    pub version: u32,
    /// Whether it is building, live or retired.
    pub state: GenerationState,
}

impl From<&Generation> for Existing {
    fn from(generation: &Generation) -> Self {
        Self { id: generation.id, version: generation.version, state: generation.state }
    }
}

/// What a store does in [`begin_generation`](crate::store::ProjectionStore::begin_generation).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// Nothing: there is a live or building generation of this version, or of a later one.
    Nothing,
    /// It sets the swap options of the building generation, and creates none.
    SwapOptions {
        /// The building generation.
        building: GenerationId,
        /// Whether it is swapped automatically.
        swap_when_ready: bool,
        /// Whether the former live generation is kept.
        keep_old: bool,
    },
    /// It creates a generation.
    Create(NewGeneration),
}

/// A generation that has to be created. It is not inline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewGeneration {
    /// The building generation, which is abandoned in the same transaction.
    pub abandon: Option<GenerationId>,
    /// Live if there is no live one, otherwise building.
    pub state: GenerationState,
    /// Whether it is swapped automatically once it has caught up.
    pub swap_when_ready: bool,
    /// Whether the former live generation is then kept.
    pub keep_old: bool,
    /// How many partitions it has, at least one.
    pub partitions: u32,
    /// The position of all its checkpoints; `None` for the end of the log, read once for all of them.
    pub start: Option<Position>,
}

impl Due {
    /// What the request needs, given the generations of the projection. Retired ones are without effect.
    pub fn of(
        definition: &Definition,
        request: GenerationRequest,
        existing: impl IntoIterator<Item = Existing>,
    ) -> Self {
        let (mut live, mut building) = (None, None);
        for generation in existing {
            match generation.state {
                GenerationState::Live => live = Some(generation),
                GenerationState::Building => building = Some(generation),
                GenerationState::Retired => {}
            }
        }
        let (swap_when_ready, keep_old) = match request {
            GenerationRequest::Start => {
                if live.iter().chain(&building).any(|it| it.version >= definition.version) {
                    return Self::Nothing;
                }
                (true, false)
            }
            GenerationRequest::Rebuild { swap_when_ready, keep_old } => {
                if let Some(building) = building {
                    return Self::SwapOptions { building: building.id, swap_when_ready, keep_old };
                }
                (swap_when_ready, keep_old)
            }
        };
        Self::Create(NewGeneration {
            abandon: building.map(|it| it.id),
            state: if live.is_some() { GenerationState::Building } else { GenerationState::Live },
            swap_when_ready: live.is_some() && swap_when_ready,
            keep_old,
            partitions: definition.partitions.max(1),
            start: start_of(definition, live.is_some()),
        })
    }
}

/// One that is built next to a live one processes all events, unless it is of a handler, whose side effects must not be
/// repeated.
fn start_of(definition: &Definition, has_live: bool) -> Option<Position> {
    match definition.start {
        _ if has_live && definition.kind.keeps_rows() => Some(Position::START),
        StartAt::Beginning => Some(Position::START),
        StartAt::After(position) => Some(position),
        StartAt::Now => None,
    }
}

impl NewGeneration {
    /// The generation as it is listed when it has been created.
    #[must_use]
    pub fn create(
        self,
        id: GenerationId,
        definition: &Definition,
        log_end: Position,
        now: Timestamp,
    ) -> Generation {
        let checkpoint = Checkpoint {
            position: self.start.unwrap_or(log_end),
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
        Generation {
            id,
            name: definition.name.clone(),
            version: definition.version,
            kind: definition.kind,
            state: self.state,
            inline: false,
            swap_when_ready: self.swap_when_ready,
            keep_old: self.keep_old,
            created_at: now,
            event_types: definition.event_types.clone(),
            checkpoints: (0..self.partitions).map(|_| checkpoint.clone()).collect(),
        }
    }
}

/// Sets the swap options, if the generation is building. `None` leaves an option as it is.
pub fn set_swap_options(generation: &mut Generation, swap_when_ready: bool, keep_old: Option<bool>) {
    if generation.state == GenerationState::Building {
        generation.swap_when_ready = swap_when_ready;
        generation.keep_old = keep_old.unwrap_or(generation.keep_old);
    }
}

/// The position at which a building generation can replace this live one: that of its furthest partition, or the end of the
/// log if it is inline.
#[must_use]
pub fn swap_position(live: &Generation, log_end: Position) -> Position {
    match live.inline {
        true => log_end,
        false => live.checkpoints.iter().map(|it| it.position).max().unwrap_or(Position::START),
    }
}

/// Whether a generation can replace the live one: given its state, if it exists; the
/// [position to reach](swap_position), if there is a live one; and the lowest position of its partitions.
#[must_use]
pub fn swap_attempt(
    state: Option<GenerationState>,
    live: Option<Position>,
    building: Option<Position>,
) -> SwapAttempt<()> {
    match (state, building) {
        (Some(GenerationState::Building), Some(building)) if building >= live.unwrap_or(Position::START) => {
            SwapAttempt::Ready(())
        }
        (Some(GenerationState::Building), Some(_)) => SwapAttempt::Behind,
        _ => SwapAttempt::Gone,
    }
}

/// Makes a building generation live, as a swap does. Its leases stay valid.
///
/// # Errors
///
/// If it is not building.
pub fn make_live(generation: &mut Generation) -> Result<(), GenerationFault> {
    check_building(generation.id, Some(generation.state))?;
    generation.state = GenerationState::Live;
    generation.swap_when_ready = false;
    Ok(())
}

/// Checks that a generation with this state can be swapped with the live one.
///
/// # Errors
///
/// If it is not building.
pub fn check_building(
    generation: GenerationId,
    state: Option<GenerationState>,
) -> Result<(), GenerationFault> {
    match state {
        Some(GenerationState::Building) => Ok(()),
        _ => Err(GenerationFault::NotBuilding { generation }),
    }
}

/// Retires the live generation, as a swap does that keeps it: no worker owns a partition of it, and it does not stay
/// inline.
pub fn retire(generation: &mut Generation, log_end: Position, now: Timestamp) {
    demote(generation, log_end, now);
    generation.state = GenerationState::Retired;
    generation.swap_when_ready = false;
    for checkpoint in &mut generation.checkpoints {
        checkpoint.owner = None;
    }
}

/// Whether there is a generation to be abandoned, given its state.
///
/// # Errors
///
/// If it is live.
pub fn abandon(generation: GenerationId, state: Option<GenerationState>) -> Result<bool, GenerationFault> {
    match state {
        Some(GenerationState::Live) => Err(GenerationFault::Live { generation }),
        state => Ok(state.is_some()),
    }
}

/// Whether a generation becomes a building one again, given its state and the generations of its projection.
pub fn may_revive(state: Option<GenerationState>, existing: impl IntoIterator<Item = Existing>) -> bool {
    state == Some(GenerationState::Retired)
        && existing.into_iter().all(|other| other.state != GenerationState::Building)
}

/// Makes a retired generation a building one again. It is not swapped automatically, and resumes from its checkpoints.
pub fn revive(generation: &mut Generation) {
    generation.state = GenerationState::Building;
    generation.swap_when_ready = false;
}

/// What the start of a program with further event types changes in a generation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Widening {
    /// What the generation is read with from then on.
    pub types: EventTypes,
    /// Whether all its leases are [revoked](leases::revoke).
    pub revokes: bool,
}

impl Widening {
    /// What a program with these types changes in a generation that was read with `types`.
    #[must_use]
    pub fn of(types: &EventTypes, program: &EventTypes) -> Self {
        Self { types: types.widened_by(program), revokes: types.has_to_revoke(program) }
    }

    /// Widens the generation.
    pub fn apply(self, generation: &mut Generation) {
        generation.event_types = self.types;
        if self.revokes {
            leases::revoke(generation);
        }
    }
}

/// Makes a generation inline.
///
/// # Errors
///
/// If it is not live.
pub fn promote(generation: &mut Generation) -> Result<(), GenerationFault> {
    check_live(generation.id, Some(generation.state))?;
    generation.inline = true;
    Ok(())
}

/// Checks that a generation with this state can be made inline.
///
/// # Errors
///
/// If it is not live.
pub fn check_live(generation: GenerationId, state: Option<GenerationState>) -> Result<(), GenerationFault> {
    match state {
        Some(GenerationState::Live) => Ok(()),
        _ => Err(GenerationFault::NotLive { generation }),
    }
}

/// Makes an inline generation follow the log from its end, because it has applied each event with its append. Without
/// effect on any other generation.
pub fn demote(generation: &mut Generation, log_end: Position, now: Timestamp) {
    if !generation.inline {
        return;
    }
    generation.inline = false;
    for checkpoint in &mut generation.checkpoints {
        checkpoint.position = log_end;
        checkpoint.updated_at = now;
    }
}

/// Checks that an append names exactly the inline generations, given each with the name of its projection. None are
/// allowed for an import.
///
/// # Errors
///
/// The names of the inline projections, for [`AppendError::Inline`](crate::store::AppendError::Inline) or
/// [`ImportError::Inline`](crate::store::ImportError::Inline).
pub fn check_inline<'a>(
    inline: impl IntoIterator<Item = (GenerationId, &'a str)>,
    named: &[GenerationId],
) -> Result<(), Vec<String>> {
    let inline: BTreeMap<_, _> = inline.into_iter().collect();
    let named: BTreeSet<_> = named.iter().copied().collect();
    match inline.keys().eq(&named) {
        true => Ok(()),
        false => Err(inline.into_values().map(str::to_owned).collect()),
    }
}
