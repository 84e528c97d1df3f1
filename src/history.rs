//! Reading the history, and bringing it in: events of a stream or of the whole log, imports, copies between stores, and
//! the check whether this program can decode what is stored.

mod check;
mod copy;
mod error;
pub(crate) mod event_stream;
mod import;

pub use check::{CheckSchemas, RenamedCategory, SchemaCheck, SchemaReport, SchemaVerdict};
pub use copy::{
    Copied, CopyError, CopyProgress, CopySide, CopyStep, Copying, HistoryDifference, UnequalStream, copy,
};
pub use error::ReadError;
pub use event_stream::EventStream;
pub use import::{Import, ImportItem};
