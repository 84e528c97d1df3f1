//! Commands on one aggregate are queued, so that those of one process do not conflict with each other.
//!
//! Commands are handled speculatively: each on the state that its predecessors will produce, while their appends are
//! still pending. Pending appends are group-committed. Nothing is answered before it is committed. When an append
//! fails, every command that was handled on top of it is handled again, so a command sees the state that it would have
//! seen if each command had waited for the one before it. A rejection depends on that state too, so it is confirmed in
//! the same way: by an append without events, which expects the version at which the command was rejected. A failure
//! to encode events is confirmed likewise.
//!
//! The way of a command, file by file:
//!
//! 1. [`handle`] opens the queue of its aggregate, with the state from the [`cache`] if there is one;
//! 2. [`attempt`] waits until the command is the first, checks the state out of its [`state_slot`], loads it if it has to
//!    ([`guard`]), and lets the aggregate handle the command on its [`working_state`];
//! 3. the append joins the [`pending`] ones, in the epoch of the queue, and the next command goes on;
//! 4. the [`committer`] hands all pending appends to the store, and answers the callers.
//!
//! Several commands at once hold the state [exclusively](exclusive) meanwhile, with nothing pending.

mod attempt;
pub(super) mod cache;
mod command_queue;
mod committer;
mod exclusive;
mod guard;
pub(super) mod handle;
mod pending;
mod state_slot;
mod working_state;

pub(super) use attempt::{Attempt, attempt};
pub(super) use exclusive::{Exclusive, Locked};
pub(super) use working_state::End;
