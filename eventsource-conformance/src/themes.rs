//! The tests, a file per theme. A test is listed in `list.rs`; one that is not is dead code.

pub(crate) mod batches;
pub(crate) mod empty_appends;
pub(crate) mod expected_versions;
pub(crate) mod limits;
pub(crate) mod metadata;
pub(crate) mod payloads;
pub(crate) mod several_streams;
pub(crate) mod stream_ids;
