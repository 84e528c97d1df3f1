//! What the SQL stores of `eventsource` have in common. It depends on no database driver.
//!
//! It is for stores, not for applications, and it is exempt from semantic versioning: a store depends on one exact
//! version. Each function that decodes a row lists the columns that the statement of the store has to select, in that
//! order.

mod admission;
mod causes;
mod decoder;
mod read;
mod read_models;
mod row;
pub mod statements;

pub use admission::{Admission, Size};
pub use causes::{is_caused_by_contention, is_caused_by_outage};
pub use decoder::{
    Decoder, count_types, existing, instance_state, owner, receipt, request, snapshot, state, stored, worker,
};
pub use read_models::{all_columns, built, create_table, key_columns, quoted, quoted_list, upsert};
pub use row::{SqlRow, age, contains_nul, decode_error, limit, signed, unsigned};
