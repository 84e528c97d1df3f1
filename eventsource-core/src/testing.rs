//! The test kit: tests of commands, of read models, and of the compatibility with stored events.
//!
//! [`given`] tests commands and [`project`] tests read models, both without a store.
//! [`assert_event_schema!`](crate::assert_event_schema) and [`assert_event_payloads!`](crate::assert_event_payloads)
//! record the format of this program's events in files next to the code. A change that could not read stored events
//! then fails a test, and the test says what to write.
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
/// The assertions use insta snapshots. `cargo insta review` shows and accepts them.
pub use insta;
pub use project::{Projected, project};

#[doc(hidden)]
pub use {files::may_write, payloads::check_payloads, schema::check_schema};

/// Checks that this program can still read events stored by earlier releases. It compares the structure of each type
/// and version of a set of events with the accepted one.
///
/// The accepted schema is `event-schemas/<set>.snap` in the crate of the test, an [`insta`] snapshot. A compatible
/// change, such as a new field with a default, leaves a new snapshot to be accepted. An incompatible change fails the
/// test. The message lists the stored data that could no longer be read, or would be read differently, and has the
/// lines that give the new shape a version of its own. If such a change is intended, the snapshot can still be
/// accepted.
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
        // The text comes first, for the compiler to show it where an item is expected.
        "write `assert_event_schema!(…)` in a function: `#[test] fn schema() { … }`"
            .chars()
            .take({
                $crate::testing::check_schema::<$events>(
                    ::core::env!("CARGO_MANIFEST_DIR"),
                    ::core::stringify!($events),
                    |name, schema| $crate::testing::insta::assert_snapshot!(name, schema),
                );
                0
            })
            .for_each(::core::mem::drop)
    };
}

/// Checks that payloads of every type and version still decode to the same events.
///
/// The payloads are files in the crate of the test, `event-payloads/<type>/v<version>-<n>.json`. For each event in
/// the list whose payload no file of its type and version has, one is written, exactly as a store would keep it, and
/// never changed again: commit them. An event that is changed in the list adds a file, and the old one stays, because
/// such an event may be stored. So the events in the list need fixed values: an id or a time that is another in each run
/// would add a file in each run. For an older version without a payload, write one by hand.
///
/// All are decoded, through the same upcasters as in production, and compared with the [`insta`] snapshot
/// `event-payloads/<set>.snap`, which contains the payloads as well: editing or removing a file fails the test. They are
/// also compared with the shape that [`Schema`](crate::Schema) declares. A folder of an event type that no set of the
/// crate has fails the test.
///
/// Nothing is written if the environment has `CI` or `INSTA_UPDATE=no`. A missing file is then a failure.
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
        // As above.
        "write `assert_event_payloads!(…)` in a function: `#[test] fn payloads() { … }`"
            .chars()
            .take({
                $crate::testing::check_payloads::<$events>(
                    ::core::env!("CARGO_MANIFEST_DIR"),
                    ::core::stringify!($events),
                    $examples,
                    $crate::testing::may_write(),
                    |name, payloads| $crate::testing::insta::assert_snapshot!(name, payloads),
                );
                0
            })
            .for_each(::core::mem::drop)
    };
}
