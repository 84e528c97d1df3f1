//! The tests, a file per theme. A test is listed in `list.rs`; one that is not is dead code.

pub(crate) mod aggregate_snapshots;
pub(crate) mod append_each;
pub(crate) mod atomically;
pub(crate) mod batches;
pub(crate) mod cancellation;
pub(crate) mod command_metadata;
pub(crate) mod commands;
pub(crate) mod empty_appends;
pub(crate) mod event_ids;
pub(crate) mod expected_versions;
pub(crate) mod history;
pub(crate) mod horizon;
pub(crate) mod idempotency_keys;
pub(crate) mod import_source;
pub(crate) mod imports;
pub(crate) mod limits;
pub(crate) mod metadata;
pub(crate) mod payloads;
pub(crate) mod racers;
pub(crate) mod reading_log;
pub(crate) mod reading_streams;
pub(crate) mod schema_checks;
pub(crate) mod several_streams;
pub(crate) mod snapshots;
pub(crate) mod stored_types;
pub(crate) mod stream_ids;
