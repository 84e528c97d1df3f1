//! Why projections did not start, stopped, or could not be read.

use std::fmt;

use crate::{
    FoldError, Position, ProjectionError, ReadError, RowKeyError,
    store::{Capability, Escaped, OtherVersion, StopReason, StoreError},
};

/// Why the rows of a read model could not be returned.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RowsError {
    /// The key is not a valid row key.
    #[error(transparent)]
    Key(#[from] RowKeyError),
    /// Another version of the read model is live than the one that this program has.
    #[error(transparent)]
    OtherVersion(#[from] OtherVersion),
    /// A row in the store cannot be deserialized by this program, although its version of the read model is live.
    #[error(
        "could not deserialize a row of `{table}`; if its fields or its fold were changed, raise the version of the read \
         model"
    )]
    Row {
        /// The table.
        table: &'static str,
        /// The error of deserializing the row.
        source: serde_json::Error,
    },
    /// The events could not be read or decoded.
    #[error("the events of the read model could not be read")]
    Events(#[from] ReadError),
    /// An event could not be folded.
    #[error(transparent)]
    Fold(#[from] FoldError),
    /// The store could not be read.
    #[error("the rows could not be read")]
    Store(#[from] StoreError),
}

/// Why projections did not start.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// Two registered projections have the same name.
    SameName {
        /// The name.
        name: String,
    },
    /// A projection is registered as inline, or a process is registered, and the store does not
    /// [declare](crate::store::EventStore::capabilities) what it needs.
    Undeclared {
        /// The projection or process.
        projection: String,
        /// What it needs.
        capability: Capability,
    },
    /// The tables of a projection could not be created.
    Setup {
        /// The projection.
        projection: String,
        /// The error of `setup`.
        source: ProjectionError,
    },
    /// The existing tables do not match the projection.
    Table {
        /// The projection.
        projection: String,
        /// The fault, with the table and the column.
        source: ProjectionError,
    },
    /// A read model reads event types that it did not read before, and has skipped events of them. Raise its version:
    /// that rebuilds it from the whole log.
    Skipped {
        /// The projection.
        projection: String,
        /// Its version.
        version: u32,
        /// The first of these events has this type.
        event_type: String,
        /// Its position.
        position: Position,
    },
    /// An inline projection reads an event type that it did not read before, and programs that append may not know it.
    /// Raise its version: the appends of these programs then demote it.
    InlineTypes {
        /// The projection.
        projection: String,
        /// Its version.
        version: u32,
        /// The type.
        event_type: String,
    },
    /// The store could not be read or written.
    Store(StoreError),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SameName { name } => {
                write!(f, "two projections have the name `{name}`; rename one of them")
            }
            Self::Undeclared { projection, capability: Capability::InlineProjections } => write!(
                f,
                "`{projection}` is registered as inline, and this store has no inline projections; register it with \
                 `projection`, or use another store"
            ),
            Self::Undeclared { projection, capability } => {
                write!(
                    f,
                    "`{projection}` needs {capability}, which this store does not have; use another store"
                )
            }
            Self::Setup { projection, .. } => {
                write!(f, "could not create the tables of projection `{projection}`")
            }
            Self::Table { projection, .. } => {
                write!(f, "the existing tables do not match projection `{projection}`")
            }
            Self::Skipped { projection, version, event_type, position } => write!(
                f,
                "`{projection}` version {version} has passed events of `{event_type}` (first at position {position}) \
                 without reading them; raise its version"
            ),
            Self::InlineTypes { projection, version, event_type } => write!(
                f,
                "`{projection}` version {version} is inline, and other programs append without knowing that it reads \
                 `{event_type}` now; raise its version"
            ),
            Self::Store(_) => f.write_str("could not start the projections"),
        }
    }
}

impl std::error::Error for StartError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::SameName { .. }
            | Self::Undeclared { .. }
            | Self::Skipped { .. }
            | Self::InlineTypes { .. } => None,
            Self::Setup { source, .. } | Self::Table { source, .. } => Some(source.inner()),
            Self::Store(source) => Some(source),
        }
    }
}

impl From<StoreError> for StartError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// A projection that stopped, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the projection `{}` stopped: {reason}", Escaped(name))]
#[non_exhaustive]
pub struct StoppedProjection {
    /// Its name.
    pub name: String,
    /// Why.
    pub reason: StopReason,
}
