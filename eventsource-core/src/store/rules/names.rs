//! Which keys, names and ids of timers, process instances and messages a store keeps.

use crate::store::{InstanceChange, MessageName, TimerChange};

/// The length of the longest key, name or id of a timer, an instance or a message, in bytes.
pub const LONGEST: usize = 1024;

/// A key, a name or an id cannot be kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameFault {
    /// It is empty.
    #[error("the {what} is empty; give one")]
    Empty {
        /// What it is.
        what: &'static str,
    },
    /// It holds a NUL character.
    #[error("the {what} holds a NUL character, which no store can keep; use another one")]
    Nul {
        /// What it is.
        what: &'static str,
    },
    /// It is too long.
    #[error("the {what} has {length} bytes, and the longest that is kept has {LONGEST}; use a shorter one")]
    TooLong {
        /// What it is.
        what: &'static str,
        /// Its length in bytes.
        length: usize,
    },
}

/// Checks the keys and names of timers. A name may be empty.
///
/// # Errors
///
/// If one of them cannot be kept.
pub fn check_timers(changes: &[TimerChange]) -> Result<(), NameFault> {
    changes.iter().try_for_each(|change| {
        let (key, name) = match change {
            TimerChange::Set(timer) | TimerChange::Fire(timer) | TimerChange::Replace { by: timer, .. } => {
                (&timer.key, timer.name.as_str())
            }
            TimerChange::Cancel(id) => (&id.key, id.name.as_str()),
            TimerChange::CancelAll { key } => (key, ""),
        };
        check("key of a timer", key)?;
        if name.is_empty() { Ok(()) } else { check("name of a timer", name) }
    })
}

/// Checks the ids of process instances.
///
/// # Errors
///
/// If one of them cannot be kept.
pub fn check_instances(changes: &[InstanceChange]) -> Result<(), NameFault> {
    changes.iter().try_for_each(|change| check("id of a process instance", &change.key))
}

/// Checks the name of a message.
///
/// # Errors
///
/// If its consumer or its id cannot be kept.
pub fn check_message(message: MessageName<'_>) -> Result<(), NameFault> {
    check("consumer of a message", message.consumer)?;
    check("id of a message", message.id)
}

fn check(what: &'static str, text: &str) -> Result<(), NameFault> {
    match text.len() {
        0 => Err(NameFault::Empty { what }),
        length if length > LONGEST => Err(NameFault::TooLong { what, length }),
        _ if text.contains('\0') => Err(NameFault::Nul { what }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_no_store_can_keep_is_refused_with_what_to_do() {
        let of = |id: &str| check_message(MessageName { consumer: "payments", id });
        assert_eq!(of(&"é".repeat(LONGEST / 2)), Ok(()));
        let long = of(&"a".repeat(LONGEST + 1)).expect_err("it is too long").to_string();
        assert!(long.contains("1025 bytes") && long.ends_with("use a shorter one"), "{long}");
        assert_eq!(of("").expect_err("it is empty").to_string(), "the id of a message is empty; give one");
        let nul = of("a\0b").expect_err("it holds a NUL").to_string();
        assert!(nul.starts_with("the id of a message holds a NUL"), "{nul}");
    }
}
