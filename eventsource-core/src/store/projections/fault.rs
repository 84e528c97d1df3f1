//! Errors in requests to a store of read models, common to all stores.

use std::fmt;

use super::{Generation, GenerationId, GenerationState};
use crate::shown::Escaped;

/// Why a store refuses a request about a generation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GenerationFault {
    /// Another worker has claimed the partition.
    #[error("the lease of partition {partition} of generation {generation} is lost")]
    LeaseLost {
        /// The generation.
        generation: GenerationId,
        /// The partition.
        partition: u32,
    },
    /// Only a building generation can replace the live one.
    #[error("generation {generation} is not building")]
    NotBuilding {
        /// The generation.
        generation: GenerationId,
    },
    /// Only a live generation can be inline.
    #[error("generation {generation} is not live")]
    NotLive {
        /// The generation.
        generation: GenerationId,
    },
    /// It was abandoned, or there never was one.
    #[error("generation {generation} does not exist, or was abandoned")]
    Gone {
        /// The generation.
        generation: GenerationId,
    },
    /// A live generation cannot be abandoned.
    #[error("generation {generation} is live; another one must replace it first")]
    Live {
        /// The generation.
        generation: GenerationId,
    },
}

/// Another version of a read model is live than the one that a program has: the program was rolled back, still runs
/// after a swap, or runs before the swap of its version.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OtherVersion {
    /// The read model.
    pub name: String,
    /// The version of this program.
    pub version: u32,
    /// The version that is live.
    pub live: u32,
    /// Whether a generation of this program's version was kept, which
    /// `EventSource::restore` makes live again.
    pub is_kept: bool,
}

impl OtherVersion {
    /// The live version of the read model `name`, if it is another one than `version`.
    #[must_use]
    pub fn among(name: &str, version: u32, generations: &[Generation]) -> Option<Self> {
        let mut of_name = generations.iter().filter(|it| it.name == name);
        let live = of_name.clone().find(|it| it.state == GenerationState::Live)?.version;
        let is_kept = of_name.any(|it| it.state == GenerationState::Retired && it.version == version);
        (live != version).then(|| Self { name: name.to_owned(), version, live, is_kept })
    }
}

impl fmt::Display for OtherVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, version, live, is_kept } = self;
        let name = Escaped(name);
        write!(
            f,
            "version {live} of the read model `{name}` is live, and this program has version {version}; "
        )?;
        match (live > version, is_kept) {
            (true, true) => write!(
                f,
                "during a deploy of version {live}, let its programs answer queries; to go back, call \
                 `restore(\"{name}\")`, which makes the kept version {version} live again"
            ),
            (true, false) => write!(
                f,
                "during a deploy of version {live}, let its programs answer queries; to go back, give this program a \
                 version above {live}, which rebuilds the read model"
            ),
            (false, _) => write!(f, "wait until `status` shows version {version} as live"),
        }
    }
}

impl std::error::Error for OtherVersion {}

/// Why a table cannot hold the rows of a read model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TableFault {
    /// The table does not exist.
    #[error("there is no table `{table}`; create it in your migrations, before the projection starts")]
    NoTable {
        /// The table.
        table: String,
    },
    /// A field of the row has no column.
    #[error("the table `{table}` has no column `{column}`; add it as `{wanted}`, or remove the field")]
    NoColumn {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// Its type.
        wanted: String,
    },
    /// A column cannot store every value of its field, or not return it unchanged.
    #[error(
        "the column `{column}` of the table `{table}` is `{found}`, which cannot hold every `{wanted}`; change it, \
         or rename the read model's table and raise its version"
    )]
    Type {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// The type it has.
        found: String,
        /// The type that fits.
        wanted: String,
    },
    /// A required column has no field.
    #[error(
        "the column `{column}` of the table `{table}` may not be null and has no default, and the row has no such \
         field; give the column a default, or the row the field"
    )]
    Unfilled {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// An optional field has a column that does not allow null.
    #[error(
        "the column `{column}` of the table `{table}` may not be null, but the field is optional; drop `not null`, \
         or make the field required"
    )]
    NotNull {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// A column of the key allows null. SQLite permits that even in a primary key.
    #[error(
        "the column `{column}` of the table `{table}` belongs to the key, but may be null; make it `not null`"
    )]
    NullableKey {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// The key does not identify a row.
    #[error("the table `{table}` has no primary key and no unique constraint on exactly ({key}); add one")]
    NoKey {
        /// The table.
        table: String,
        /// The columns of the key.
        key: String,
    },
}

/// A name that the store contains and that this version does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name:?} is not a {what} that this version knows; a later version has written it")]
pub struct UnknownName {
    what: &'static str,
    name: String,
}

impl UnknownName {
    pub(super) fn new(what: &'static str, name: &str) -> Self {
        Self { what, name: name.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_live_version_says_what_to_do_in_a_deploy_and_to_go_back() {
        let other = |version, live, is_kept| {
            OtherVersion { name: "orders".to_owned(), version, live, is_kept }.to_string()
        };
        let (kept, dropped) = (other(1, 2, true), other(1, 2, false));
        for text in [&kept, &dropped] {
            assert!(text.contains("during a deploy of version 2, let its programs answer queries"), "{text}");
        }
        assert!(kept.contains("to go back, call `restore(\"orders\")`"), "{kept}");
        assert!(dropped.contains("to go back, give this program a version above 2"), "{dropped}");
        assert!(other(2, 1, false).contains("wait until `status` shows version 2 as live"));
    }
}
