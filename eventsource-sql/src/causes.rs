//! What has caused an error, of whatever type.

use std::error::Error;

use eventsource_core::store::StoreError;

/// Whether an error, or one of its sources, is that the store is temporarily unavailable. `is_outage` decides on the errors
/// of the database.
pub fn is_caused_by_outage(
    error: &(dyn Error + 'static),
    is_outage: impl Fn(&sqlx::Error) -> bool + Copy,
) -> bool {
    if let Some(error) = error.downcast_ref::<sqlx::Error>() {
        return is_outage(error);
    }
    if let Some(error) = error.downcast_ref::<StoreError>() {
        return matches!(
            error,
            StoreError::Unavailable { .. }
                | StoreError::Exhausted { .. }
                | StoreError::Overloaded { .. }
                | StoreError::TimedOut { .. }
        );
    }
    error.source().is_some_and(|source| is_caused_by_outage(source, is_outage))
}

/// Whether an error, or one of its sources, is that a concurrent transaction was in the way. `is_contention` decides on the
/// errors of the database.
pub fn is_caused_by_contention(
    error: &(dyn Error + 'static),
    is_contention: impl Fn(&sqlx::Error) -> bool + Copy,
) -> bool {
    error.downcast_ref::<sqlx::Error>().is_some_and(is_contention)
        || matches!(error.downcast_ref::<StoreError>(), Some(StoreError::Contended { .. }))
        || error.source().is_some_and(|source| is_caused_by_contention(source, is_contention))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("the projection failed")]
    struct Failed(#[source] Box<dyn Error + Send + Sync>);

    fn failed(source: impl Into<Box<dyn Error + Send + Sync>>) -> Failed {
        Failed(source.into())
    }

    #[test]
    fn the_cause_of_an_error_is_found_among_its_sources() {
        let is_closed = |error: &sqlx::Error| matches!(error, sqlx::Error::PoolClosed);
        let unavailable = || StoreError::Unavailable { action: "reading", source: "it is off".into() };
        let contended = || StoreError::Contended { action: "reading", source: "it is locked".into() };
        for (error, outage, contention) in [
            (failed(sqlx::Error::PoolClosed), true, true),
            (failed(sqlx::Error::PoolTimedOut), false, false),
            (failed(failed(unavailable())), true, false),
            (failed(failed(contended())), false, true),
            (failed("another reason"), false, false),
        ] {
            assert_eq!(is_caused_by_outage(&error, is_closed), outage, "{error:?}");
            assert_eq!(is_caused_by_contention(&error, is_closed), contention, "{error:?}");
        }
    }
}
