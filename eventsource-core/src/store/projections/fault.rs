//! What can be wrong with what is asked of a store for read models, whichever store it is.

use super::GenerationId;

/// Why a store refuses what is asked for a generation.
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
    /// Only a building generation takes the live one's place.
    #[error("generation {generation} is not building")]
    NotBuilding {
        /// The generation.
        generation: GenerationId,
    },
    /// Only a live generation commits with the events.
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
    /// What is read cannot be given up.
    #[error("generation {generation} is live; another one must take its place first")]
    Live {
        /// The generation.
        generation: GenerationId,
    },
}

/// Why rows cannot be kept in a table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TableFault {
    /// There is no such table.
    #[error("there is no table `{table}`; make it in your migrations, before the projection starts")]
    NoTable {
        /// The table.
        table: String,
    },
    /// A field of the row has no column.
    #[error("the table `{table}` has no column `{column}`; add it as `{wanted}`, or take the field away")]
    NoColumn {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// Its type.
        wanted: String,
    },
    /// A column cannot hold what its field holds, or not give it back.
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
    /// A column that no field fills must be filled.
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
    /// An optional field has a column that may not be null.
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
    /// A column of the key may be null, which SQLite allows in a primary key too.
    #[error(
        "the column `{column}` of the table `{table}` belongs to the key, but may be null; make it `not null`"
    )]
    NullableKey {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// The key does not tell rows apart.
    #[error("the table `{table}` has no primary key and no unique constraint on exactly ({key}); add one")]
    NoKey {
        /// The table.
        table: String,
        /// The columns of the key.
        key: String,
    },
}

/// A name that a store has kept, and that this version does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name:?} is no {what} that this version knows; a later one has written it")]
pub struct UnknownName {
    what: &'static str,
    name: String,
}

impl UnknownName {
    pub(super) fn new(what: &'static str, name: &str) -> Self {
        Self { what, name: name.to_owned() }
    }
}
