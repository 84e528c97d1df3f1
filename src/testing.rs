//! The test kit: tests of commands, of read models, and of the compatibility with stored events.
//!
//! [`given`] tests commands, [`project`] read models, [`policy`] policies, [`process`] processes and [`handler`] handlers,
//! all without a store.
//! [`assert_event_schema!`](crate::assert_event_schema) and [`assert_event_payloads!`](crate::assert_event_payloads)
//! record the format of this program's events in files next to the code. A change that could not read stored events
//! then fails a test, and the test says what to write.
//!
//! For dev-dependencies: `eventsource-cqrs = { …, features = ["testing"] }`.

mod ahead;
mod bump;
mod changes;
mod explain;
mod files;
mod given;
mod handler;
mod kept;
mod payloads;
mod policy;
mod process;
mod project;
mod reasons;
mod recorded;
mod rust;
mod sample;
mod schema;
mod snapshot;

pub use given::{Given, Then, given};
pub use handler::{Delivers, handler};
/// The assertions use insta snapshots. `cargo insta review` shows and accepts them.
pub use insta;
pub use policy::{Reacts, policy};
pub use process::{Proceeds, process};
pub use project::{Projected, project};

#[doc(hidden)]
pub use {
    files::may_write,
    payloads::check_payloads,
    schema::{SchemaTest, check_schema, streams_of},
};

/// Checks that this program can still read events stored by earlier releases. It compares the structure of each type
/// and version of a set of events with the accepted one.
///
/// ```no_run
/// # use eventsource::prelude::*;
/// #[derive(Debug, Serialize, Deserialize, Event)]
/// #[event(category = "account")]
/// enum AccountEvent {
///     Opened { owner: String },
/// }
/// # #[derive(Debug, Default, Aggregate)]
/// # #[aggregate(event = AccountEvent, id = str)]
/// # struct Account;
/// # impl Apply<AccountEvent> for Account { fn apply(&mut self, _: AccountEvent) {} }
///
/// // In a test:
/// eventsource::assert_event_schema!(AccountEvent);
///
/// // The same, and the streams of some ids: a change in how ids are written would lose every aggregate. An id of a type
/// // of yours is written `&AccountId(7)`.
/// eventsource::assert_event_schema!(AccountEvent, Account => ["acc-1"]);
/// ```
///
/// The accepted schema is `event-schemas/<category>.snap` in the package of the test, an [`insta`] snapshot. A set of
/// several categories has a file with the names of all of them; a partial set has its own name at the end. A
/// [scheduled command](crate::reacting::ScheduledCommand) is such a set too: it is asserted by its own type, and its file
/// is `eventsource.scheduled.<name>.snap`.
///
/// - **A compatible change**, such as a new field with a default, leaves a new snapshot to be accepted. The message,
///   and the description in `cargo insta review`, say what stored events and programs of the release before make of it.
/// - **A change that is not compatible** fails the test, whatever insta is told. The message lists the stored data that
///   could no longer be read, or would be read differently, and has the lines that give the new shape a version of its
///   own. If such a change is intended, add the line from the message to `event-schemas/accepted_breaking.txt`, with the
///   reason. The snapshot can then be accepted. `INSTA_UPDATE=always` accepts everything without a reason.
///
/// To change an event, run the test with `EVENTSOURCE_BUMP=account.opened`, several names, or `all`, before you edit it. It
/// fails with the code that gives the type its next version, and writes a payload of the present form for
/// [`assert_event_payloads!`](crate::assert_event_payloads) if there is none.
///
/// A field, variant, version or type that was given up stays in the snapshot (`formerly`, `removed`, `no longer read`),
/// because its events are still stored. If it returns in another form, that is compared with the old one.
#[macro_export]
macro_rules! assert_event_schema {
    ($events:ty $(,)?) => {
        $crate::assert_event_schema!(@check $events, ::std::vec::Vec::new())
    };
    ($events:ty, $aggregate:ty => [$($id:expr),+ $(,)?] $(,)?) => {
        $crate::assert_event_schema!(
            @check $events, $crate::testing::streams_of::<$events, $aggregate>(&[$($id),+])
        )
    };
    (@check $events:ty, $streams:expr) => {
        // The text comes first, for the compiler to show it where an item is expected.
        "write `assert_event_schema!(…)` in a function: `#[test] fn schema() { … }`"
            .chars()
            .take({
                $crate::testing::check_schema::<$events>(
                    &$crate::testing::SchemaTest::new(
                        ::core::env!("CARGO_MANIFEST_DIR"),
                        ::core::env!("CARGO_PKG_NAME"),
                        ::core::stringify!($events),
                        $streams,
                    ),
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
/// would add a file in each run. A file has the version that this program writes; for an older version without a payload, write one by hand.
///
/// All are decoded, through the same upcasters as in production, and compared with the [`insta`] snapshot
/// `event-payloads/<category>.snap`, which contains the payloads as well: editing or removing a file fails the test. They are
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
