//! Timers and scheduled commands that belong to correlations and are not due yet.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Timestamp,
    reacting::scheduled::command_of,
    store::{
        Capability, Generation, GenerationState, ProjectionKind, ProjectionStore, StoreError, Timer,
        TimerQuery,
    },
};

/// How many timers of a consumer are searched: the first ones that are due.
const SEARCHED: usize = 1_000;

/// A timer or a scheduled command that belongs to one of the correlations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Pending {
    /// The process that has set the timer, or the name of the command.
    pub name: String,
    /// Whether it is a scheduled command.
    pub is_command: bool,
    /// The id of the process instance, or the key of the command.
    pub key: String,
    /// The name of the timer; `None` for a command.
    pub timer: Option<String>,
    /// When it is due; when it was due, if it has failed.
    pub due_at: Timestamp,
    /// Why a command was not executed when it was due. It waits for an operator.
    pub failed: Option<String>,
    /// The event or the execution that has led to it.
    pub caused_by: Option<Uuid>,
}

/// The parts of what is kept with a timer that matter here.
#[derive(Deserialize)]
struct Kept {
    correlation: Option<Uuid>,
    causation: Option<Uuid>,
    #[serde(default)]
    failed: Option<String>,
    #[serde(default)]
    was_due: Option<Timestamp>,
}

/// What is pending of these correlations, the first one first, and the consumers with more timers than were searched.
pub(super) async fn of<S: ProjectionStore>(
    store: &S,
    generations: &[Generation],
    correlations: &[Uuid],
) -> Result<(Vec<Pending>, Vec<String>), StoreError> {
    let (mut pending, mut not_searched) = (Vec::new(), Vec::new());
    if !store.capabilities().contains(Capability::Reactions) {
        return Ok((pending, not_searched));
    }
    let has_timers = |it: &&Generation| {
        it.state == GenerationState::Live
            && matches!(it.kind, ProjectionKind::Process | ProjectionKind::Scheduled)
    };
    for generation in generations.iter().filter(has_timers) {
        let timers = store.timers(generation.id, &TimerQuery::first(SEARCHED)).await?;
        if timers.len() == SEARCHED {
            not_searched.push(generation.name.clone());
        }
        pending.extend(timers.into_iter().filter_map(|timer| belonging(generation, timer, correlations)));
    }
    pending.sort_by(|a, b| (a.due_at, &a.name, &a.key).cmp(&(b.due_at, &b.name, &b.key)));
    Ok((pending, not_searched))
}

fn belonging(generation: &Generation, timer: Timer, correlations: &[Uuid]) -> Option<Pending> {
    let kept: Kept = serde_json::from_str(&timer.data).ok()?;
    if !correlations.contains(&kept.correlation?) {
        return None;
    }
    let is_command = generation.kind == ProjectionKind::Scheduled;
    let name = match is_command {
        true => command_of(&generation.name),
        false => &generation.name,
    };
    Some(Pending {
        name: name.to_owned(),
        is_command,
        key: timer.key,
        timer: (!is_command).then_some(timer.name),
        due_at: kept.was_due.unwrap_or(timer.due_at),
        failed: kept.failed,
        caused_by: kept.causation,
    })
}
