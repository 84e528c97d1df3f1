use std::{borrow::Cow, fmt};

use sqlx::error::{DatabaseError, ErrorKind};

use super::*;

/// An error of the server with this SQLSTATE.
#[derive(Debug)]
struct Coded(&'static str);

impl fmt::Display for Coded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SQLSTATE {}", self.0)
    }
}

impl Error for Coded {}

impl DatabaseError for Coded {
    fn message(&self) -> &str {
        "an error"
    }

    fn code(&self) -> Option<Cow<'_, str>> {
        Some(self.0.into())
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

fn with_code(code: &'static str) -> sqlx::Error {
    sqlx::Error::Database(Box::new(Coded(code)))
}

#[track_caller]
fn all(codes: &[&'static str], is: fn(&StoreError) -> bool) {
    for code in codes {
        let error = store_error("reading", with_code(code));
        assert!(is(&error), "{code}: {error:?}");
    }
}

#[test]
fn the_sqlstate_says_what_the_caller_can_do() {
    all(&["25006", "53300", "53100", "08006", "57P01", "57P05"], |error| {
        matches!(error, StoreError::Unavailable { .. })
    });
    all(&["57014", "55P03", "25P03", "25P04"], |error| matches!(error, StoreError::Cancelled { .. }));
    all(&["40001", "40P01"], |error| matches!(error, StoreError::Contended { .. }));
    all(&["42501"], |error| matches!(error, StoreError::Denied { .. }));
    all(&["3F000", "42P01", "42883", "22P02", "42601"], |error| matches!(error, StoreError::Backend { .. }));
}

#[test]
fn a_schema_that_is_missing_is_said_to_be_missing_unless_the_application_owns_the_tables() {
    let is_absent = |error: &StoreError| match error {
        StoreError::Backend { source, .. } => {
            matches!(source.downcast_ref::<SchemaError>(), Some(SchemaError::Absent))
        }
        _ => false,
    };
    for code in ["3F000", "42P01", "42883"] {
        assert!(is_absent(&store_error("reading", with_code(code))), "{code}");
        assert!(!is_absent(&table_error("reading", with_code(code))), "{code}");
    }
    assert!(!is_absent(&store_error("reading", with_code("42601"))));
    assert!(matches!(table_error("reading", with_code("42501")), StoreError::Denied { .. }));
}
