//! Commands on one aggregate are queued: the state that each is handled on, what happens to it when a store fails
//! meanwhile, and what is cached between commands.

#![expect(clippy::unwrap_used, reason = "a test may panic, and the panic shows the error")]
#![expect(clippy::cast_possible_truncation, reason = "the numbers of a test are small")]

#[path = "command_queue/chance.rs"]
mod chance;
#[path = "command_queue/page.rs"]
mod page;
#[path = "command_queue/watched.rs"]
mod watched;

#[path = "command_queue/albums.rs"]
mod albums;
#[path = "command_queue/cached.rs"]
mod cached;
#[path = "command_queue/dropping.rs"]
mod dropping;
#[path = "command_queue/failing.rs"]
mod failing;
#[path = "command_queue/figures.rs"]
mod figures;
#[path = "command_queue/group_commit.rs"]
mod group_commit;
#[path = "command_queue/keys.rs"]
mod keys;
#[path = "command_queue/model.rs"]
mod model;
#[path = "command_queue/panics.rs"]
mod panics;
#[path = "command_queue/runtimes.rs"]
mod runtimes;
