//! Why a rebuild was not carried out.

use super::super::{
    by_name::{OperateError, UnknownProjection},
    error::StartError,
};
use crate::store::{Escaped, StopReason, StoreError};

/// Why a read model was not rebuilt. The live one is unchanged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RebuildError {
    /// There is no projection of this name.
    #[error(transparent)]
    Unknown(#[from] UnknownProjection),
    /// The store has the projection, but this program does not.
    #[error(
        "this program has no projection `{name}`; register it, or rebuild it with a program that has it",
        name = Escaped(name)
    )]
    NotRegistered {
        /// The name.
        name: String,
    },
    /// It is an event handler, a policy or another consumer without rows. What it did for past events is not repeated.
    #[error(
        "`{name}` has no rows to rebuild: it reacts to events, and what it did for past ones is not repeated",
        name = Escaped(name)
    )]
    KeepsNoRows {
        /// The name.
        name: String,
    },
    /// A later version is live.
    #[error(
        "cannot rebuild `{name}` with version {version}: version {live} is live; rebuild it with a program of version \
         {live}, or give this program a version above {live}",
        name = Escaped(name)
    )]
    Superseded {
        /// The name.
        name: String,
        /// The version of this program.
        version: u32,
        /// The version that is live.
        live: u32,
    },
    /// The live read model is read with event types that this program does not read.
    #[error(
        "cannot rebuild `{name}`: this program does not read `{}`, which the live read model is made of; rebuild it with \
         a program that does",
        event_types.join("`, `"),
        name = Escaped(name)
    )]
    Narrower {
        /// The name.
        name: String,
        /// These types.
        event_types: Vec<String>,
    },
    /// The tables could not be created, or the building generation has skipped events that this program reads.
    #[error(transparent)]
    Setup(#[from] StartError),
    /// It failed on an event. Its generation is kept, and continues when it is resumed.
    #[error("the rebuild of `{name}` stopped: {reason}", name = Escaped(name))]
    Stopped {
        /// The name.
        name: String,
        /// Why.
        reason: StopReason,
    },
    /// No running worker supports this version. The generation is kept, and continues once a worker supports it.
    #[error("no running worker supports this version of projection `{name}`; start one", name = Escaped(name))]
    Nobody {
        /// The name.
        name: String,
    },
    /// It was abandoned, or another rebuild replaced it.
    #[error("the rebuild of `{name}` was abandoned", name = Escaped(name))]
    Abandoned {
        /// The name.
        name: String,
    },
    /// No generation is building, so there is none to swap to or to compare.
    #[error("no generation of `{name}` is building; call `rebuild` first", name = Escaped(name))]
    Nothing {
        /// The name.
        name: String,
    },
    /// No generation was kept that could be restored.
    #[error(
        "no former read model of `{name}` was kept, so there is none to restore; to go back, deploy the former code \
         under a higher version, and rebuild with `keep_old` from then on",
        name = Escaped(name)
    )]
    NothingKept {
        /// The name.
        name: String,
    },
    /// Another generation is building, and has to be swapped or abandoned before one is restored.
    #[error(
        "another generation of `{name}` is building; call `swap` to make that one live, or wait until it is live, and \
         then `restore`",
        name = Escaped(name)
    )]
    Building {
        /// The name.
        name: String,
    },
    /// The store failed. The rebuild resumes once the store is reachable.
    #[error("lost contact with the store; the rebuild resumes when the store is reachable")]
    Store(#[from] StoreError),
}

impl From<OperateError> for RebuildError {
    fn from(error: OperateError) -> Self {
        match error {
            OperateError::Unknown(unknown) => Self::Unknown(unknown),
            OperateError::Store(error) => Self::Store(error),
        }
    }
}
