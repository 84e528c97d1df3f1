//! The test kit: what an aggregate decides, what a read model shows, and that what was stored stays readable.
//!
//! [`given`] tests decisions and [`project`] tests read models, both without a store. [`assert_event_schema!`](crate::assert_event_schema) and
//! [`assert_event_payloads!`](crate::assert_event_payloads) keep, in files beside the code, what the events of
//! this program look like, so that a change that stored events would not survive fails a test, and the test
//! says what to write.
//!
//! For dev-dependencies: `eventsource-cqrs = { …, features = ["testing"] }`.

mod explain;
mod files;
mod given;
mod payloads;
mod project;
mod rust;
mod schema;

pub use given::{Given, Then, given};
/// The snapshots of the assertions are insta's. `cargo insta review` shows and accepts them.
pub use insta;
pub use project::{Projected, project};

#[doc(hidden)]
pub use {files::may_write, payloads::check_payloads, schema::check_schema};

/// Checks that events stored by earlier releases can still be read, by comparing the structure of each type and
/// version of a set of events with the one that was accepted before.
///
/// The accepted schema is `event-schemas/<set>.snap` in the crate of the test, an [`insta`] snapshot: a change
/// that stored events survive, such as a new field with a default, leaves a new snapshot to be accepted. A
/// change that they would not survive fails with what could no longer be read, or would be read as something
/// else, and with the lines that give the new shape a version of its own. If such a change is meant, the
/// snapshot can be accepted all the same.
///
/// ```no_run
/// # use eventsource::prelude::*;
/// #[derive(Debug, Serialize, Deserialize, Event)]
/// #[event(category = "account")]
/// enum AccountEvent {
///     Opened { owner: String },
/// }
///
/// // In a test:
/// eventsource::assert_event_schema!(AccountEvent);
/// ```
#[macro_export]
macro_rules! assert_event_schema {
    ($events:ty $(,)?) => {
        $crate::testing::check_schema::<$events>(
            ::core::env!("CARGO_MANIFEST_DIR"),
            ::core::stringify!($events),
            |name, schema| $crate::testing::insta::assert_snapshot!(name, schema),
        )
    };
}

/// Checks that payloads of every type and version still decode to the same events.
///
/// The payloads are files in the crate of the test, `event-payloads/<type>/v<version>-<n>.json`. For each event
/// in the list that has no file yet, one is written, exactly as a store would keep it, and never touched again:
/// commit them. For an older version that has none, write one by hand. All are decoded, through the same
/// upcasters as in production, and compared with the [`insta`] snapshot `event-payloads/<set>.snap`, which holds
/// the payloads as well: a file that is edited or removed fails.
///
/// Nothing is written if the environment has `CI` or `INSTA_UPDATE=no`; a missing file is a failure then.
///
/// ```no_run
/// # use eventsource::prelude::*;
/// #[derive(Debug, Serialize, Deserialize, Event)]
/// #[event(category = "account")]
/// enum AccountEvent {
///     Opened { owner: String },
///     Closed,
/// }
///
/// // In a test:
/// let opened = AccountEvent::Opened { owner: "Ada".to_owned() };
/// eventsource::assert_event_payloads!(AccountEvent, [opened, AccountEvent::Closed]);
/// ```
#[macro_export]
macro_rules! assert_event_payloads {
    ($events:ty, $examples:expr $(,)?) => {
        $crate::testing::check_payloads::<$events>(
            ::core::env!("CARGO_MANIFEST_DIR"),
            ::core::stringify!($events),
            $examples,
            $crate::testing::may_write(),
            |name, payloads| $crate::testing::insta::assert_snapshot!(name, payloads),
        )
    };
}
