//! Executing commands: what [`EventSource::execute`](crate::EventSource::execute) and
//! [`EventSource::atomically`](crate::EventSource::atomically) return.

// `execute` takes one command through the queue of its aggregate, `atomically` several commands on several aggregates. A
// command passes two queues: first the `queue` of its aggregate, which decides it on the state that its predecessors
// produce, then the append queue of the store, which batches the appends of all aggregates. See "A command" in
// `ARCHITECTURE.md`.

mod append;
mod atomically;
pub(crate) mod decide_reactions;
mod engine;
mod error;
mod execute;
pub(crate) mod load;
mod origin;
mod queue;
pub(crate) mod several;
mod snapshots;

pub(crate) use append::{AppendPath, Appender, Outcomes};
pub use atomically::{Atomically, RejectedCommand};
pub(crate) use engine::CommandEngine;
pub use error::{ExecuteError, ReusedKey};
pub use execute::Execute;
pub use load::{AsOf, Loaded};
pub(crate) use origin::Origin;
pub use queue::cache::AggregateCache;
