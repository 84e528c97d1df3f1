//! Commands on one aggregate take turns: what each of them is decided on, what becomes of it when a store fails in the
//! midst of it, and what is remembered in between.

#[path = "turns/page.rs"]
mod page;
#[path = "turns/watched.rs"]
mod watched;

#[path = "turns/failing.rs"]
mod failing;
#[path = "turns/keys.rs"]
mod keys;
#[path = "turns/panics.rs"]
mod panics;
#[path = "turns/remembered.rs"]
mod remembered;
#[path = "turns/runtimes.rs"]
mod runtimes;
#[path = "turns/together.rs"]
mod together;
