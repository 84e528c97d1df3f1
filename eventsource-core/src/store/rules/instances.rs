//! The states of process instances: what a step and an operator make of them.

use crate::store::{Instance, InstanceChange, InstanceQuery, InstanceRequest, InstanceState};

/// What a step makes of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stepped {
    /// Its record has this state, and was changed now.
    To(InstanceState),
    /// Its record stays as it is, or there is none.
    Unchanged,
}

/// What a step makes of an instance in this state; `None` if it has no record.
#[must_use]
pub const fn step(state: Option<InstanceState>, change: &InstanceChange) -> Stepped {
    match state {
        _ if !change.stepped => Stepped::Unchanged,
        Some(InstanceState::Suspended | InstanceState::Aborted) => Stepped::Unchanged,
        None | Some(InstanceState::Running | InstanceState::Completed) => {
            Stepped::To(if change.completed { InstanceState::Completed } else { InstanceState::Running })
        }
    }
}

/// Whether an operator keeps the instance from making steps.
#[must_use]
pub const fn is_held(state: InstanceState) -> bool {
    matches!(state, InstanceState::Suspended | InstanceState::Aborted)
}

/// Whether an instance is one of those that a query is for, and after its cursor.
#[must_use]
pub fn selects(query: &InstanceQuery, instance: &Instance) -> bool {
    query.key.as_ref().is_none_or(|key| instance.key == *key)
        && (query.states.is_empty() || query.states.contains(&instance.state))
        && query.after.as_ref().is_none_or(|after| instance.cursor() > *after)
}

/// The state and the reason that a request gives to an instance in this state; `None` if it does not apply.
#[must_use]
pub fn request(state: InstanceState, request: &InstanceRequest) -> Option<(InstanceState, Option<&str>)> {
    match (request, state) {
        (InstanceRequest::Suspend { reason }, InstanceState::Running) => {
            Some((InstanceState::Suspended, Some(reason)))
        }
        (InstanceRequest::Resume, InstanceState::Suspended) => Some((InstanceState::Running, None)),
        (InstanceRequest::Abort { reason }, InstanceState::Running | InstanceState::Suspended) => {
            Some((InstanceState::Aborted, Some(reason)))
        }
        _ => None,
    }
}
