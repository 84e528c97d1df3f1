#![doc = include_str!("../docs/crate.md")]

mod accepted;
mod after;
mod etag;
mod health;
mod live;
mod problem;
mod request;

pub use accepted::{Accepted, EVENTSOURCE_POSITION};
pub use after::{AfterPosition, EVENTSOURCE_AFTER};
pub use etag::IfNoneMatch;
pub use health::health;
pub use live::live;
pub use problem::{Problem, Rejection};
pub use request::{CommandRequest, ForRequest, IDEMPOTENCY_KEY};

/// The chapter of the guide is compiled and run where its crate is.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/guide/http.md")]
struct Guide;
