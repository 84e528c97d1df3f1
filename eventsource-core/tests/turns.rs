//! Commands on one aggregate take turns: what each of them is decided on, what becomes of it when a store fails in the
//! midst of it, and what is remembered in between.

#![expect(clippy::unwrap_used, reason = "a test may panic, and the panic shows the error")]
#![expect(clippy::cast_possible_truncation, reason = "the numbers of a test are small")]

#[path = "turns/chance.rs"]
mod chance;
#[path = "turns/page.rs"]
mod page;
#[path = "turns/watched.rs"]
mod watched;

#[path = "turns/albums.rs"]
mod albums;
#[path = "turns/dropping.rs"]
mod dropping;
#[path = "turns/failing.rs"]
mod failing;
#[path = "turns/figures.rs"]
mod figures;
#[path = "turns/keys.rs"]
mod keys;
#[path = "turns/model.rs"]
mod model;
#[path = "turns/panics.rs"]
mod panics;
#[path = "turns/remembered.rs"]
mod remembered;
#[path = "turns/runtimes.rs"]
mod runtimes;
#[path = "turns/together.rs"]
mod together;
