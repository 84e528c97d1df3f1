use std::{borrow::Cow, fmt};

use eventsource_core::{ProjectionError, store::ProjectionStore};
use sqlx::error::{DatabaseError, ErrorKind};

use super::*;
use crate::SqliteStore;

/// An error of SQLite with this result code.
#[derive(Debug)]
struct Coded(i32);

impl fmt::Display for Coded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "code {}", self.0)
    }
}

impl Error for Coded {}

impl DatabaseError for Coded {
    fn message(&self) -> &str {
        "an error"
    }

    fn code(&self) -> Option<Cow<'_, str>> {
        Some(self.0.to_string().into())
    }

    fn as_error(&self) -> &(dyn Error + Send + Sync + 'static) {
        self
    }

    fn as_error_mut(&mut self) -> &mut (dyn Error + Send + Sync + 'static) {
        self
    }

    fn into_error(self: Box<Self>) -> Box<dyn Error + Send + Sync + 'static> {
        self
    }

    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}

fn of(code: i32) -> StoreError {
    store_error("writing", sqlx::Error::Database(Box::new(Coded(code))))
}

#[test]
fn the_result_code_says_what_the_caller_can_do() {
    const EXTENDED: i32 = 2 << 8;
    for extension in [0, EXTENDED] {
        let with = |codes: &[i32]| codes.iter().map(|code| of(code | extension)).collect::<Vec<_>>();
        let all = |codes: &[i32], is: fn(&StoreError) -> bool| {
            with(codes).iter().for_each(|error| assert!(is(error), "{error:?}"));
        };
        all(&[BUSY, LOCKED], |error| matches!(error, StoreError::Contended { .. }));
        all(&[FULL, IO, CANNOT_OPEN, READ_ONLY, NO_MEMORY], |error| {
            matches!(error, StoreError::Unavailable { .. })
        });
        all(&[CORRUPT, NOT_A_DATABASE], |error| matches!(error, StoreError::Corrupt { .. }));
        all(&[INTERRUPTED], |error| matches!(error, StoreError::Cancelled { .. }));
        all(&[NO_PERMISSION], |error| matches!(error, StoreError::Denied { .. }));
        all(&[CONSTRAINT, 1], |error| matches!(error, StoreError::Backend { .. }));
    }
}

#[test]
fn contention_and_outages_are_found_behind_other_errors() {
    let (busy, full, other) = (of(BUSY), of(FULL), of(CONSTRAINT));
    assert!(is_caused_by_contention(&busy) && !is_outage(&busy));
    assert!(is_outage(&full) && !is_caused_by_contention(&full));
    assert!(!is_outage(&other) && !is_caused_by_contention(&other));
}

#[tokio::test]
async fn the_store_knows_contention_and_outages() {
    let store = SqliteStore::in_memory().await.expect("a store");
    let (busy, full) = (ProjectionError::from(of(BUSY)), ProjectionError::from(of(FULL)));
    assert!(store.is_contended(&busy) && !store.is_outage(&busy));
    assert!(store.is_outage(&full) && !store.is_contended(&full));
}
