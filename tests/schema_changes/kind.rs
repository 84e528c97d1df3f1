//! One kind of change, as two releases of a program.

use std::fmt::Debug;

use eventsource::{
    Event, EventSet,
    schema::{EventSchema, render},
};

use crate::{recorded, releases::Package};

/// What happens to stored events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    Compatible,
    Silent,
    Breaking,
}

/// A change of events between two releases.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    /// The module of its later release.
    pub(crate) module: String,
    /// The change in words, for the guide.
    pub(crate) change: &'static str,
    pub(crate) effect: Effect,
    pub(crate) before: fn() -> Vec<EventSchema>,
    /// What the earlier release stored.
    pub(crate) stored: Vec<Stored>,
    /// What that means in the types of the later release.
    pub(crate) meant: Vec<String>,
    pub(crate) after: Release,
    /// The enum and the other items of the later release, as code.
    pub(crate) code: [&'static str; 2],
    /// What the user writes in the places that a fix leaves open.
    pub(crate) filled: &'static [(&'static str, &'static str)],
    /// Texts in events that are other texts now.
    pub(crate) renamed: &'static [(&'static str, &'static str)],
    /// The report on the change.
    pub(crate) said: fn() -> Option<String>,
}

#[derive(Debug)]
pub(crate) struct Stored {
    pub(crate) event_type: String,
    pub(crate) version: u32,
    pub(crate) payload: String,
}

/// What a release does.
pub(crate) struct Release {
    pub(crate) name: &'static str,
    pub(crate) schema: fn() -> Vec<EventSchema>,
    /// The debug text of the event to which a stored one decodes.
    pub(crate) decode: fn(&Stored) -> Result<String, String>,
    /// The report after the schema with that text was accepted.
    check: fn(&str) -> Option<String>,
}

impl Kind {
    pub(crate) fn needs_a_fix(&self) -> bool {
        self.effect != Effect::Compatible
    }
}

impl Release {
    pub(crate) fn of<E: EventSet + Debug>(name: &'static str) -> Self {
        let decode = |stored: &Stored| {
            let events = recorded::decode::<E>(&stored.event_type, stored.version, &stored.payload);
            let events =
                events.map_err(|error| format!("{error}: {:?}", std::error::Error::source(&error)))?;
            Ok(events.iter().map(|event| format!("{event:?}")).collect::<Vec<_>>().join("; "))
        };
        let check = |accepted: &str| {
            let package = Package::default();
            package.write("account.snap", &format!("---\nsource: tests/schema.rs\n---\n{accepted}"));
            package.check::<E>()
        };
        Self { name, schema: EventSchema::of::<E>, decode, check }
    }

    /// The report on this release after one with these schemas.
    pub(crate) fn report(&self, accepted: &[EventSchema]) -> Option<String> {
        (self.check)(&render(accepted))
    }
}

/// An event as the earlier release stores it.
pub(crate) fn stored<E: Event>(event: &E) -> Stored {
    let ty = event.event_type();
    let payload = event.encode().expect("the event can be written").get().to_owned();
    Stored { event_type: ty.name.to_owned(), version: ty.version, payload }
}

/// `Kind` from two releases. `events` are stored by the earlier one, `older` was stored before; `meant` has, for all
/// of them, the events of the later release.
macro_rules! kind {
    (
        $name:ident, $effect:ident, $change:literal;
        before $(#[$before_attribute:meta])* $(($($before_parameters:tt)*) ($($before_arguments:tt)*))? { $($before:tt)* } $(with { $($before_items:tt)* })?
        after $(#[$after_attribute:meta])* $(($($after_parameters:tt)*) ($($after_arguments:tt)*))? { $($after:tt)* } $(with { $($after_items:tt)* })?
        events { $($event:expr),* $(,)? }
        $(older { $($older_type:literal / $older_version:literal: $older:literal),* $(,)? })?
        meant { $($meant:expr),* $(,)? }
        $(fill { $($place:literal => $filled:literal),* $(,)? })?
        $(renamed { $($from:literal => $to:literal),* $(,)? })?
    ) => {
        #[allow(dead_code, private_interfaces, unused_imports, reason = "the releases are only stored and decoded")]
        pub(crate) mod $name {
            use crate::schema_changes::kind::{Effect, Kind, Release, Stored, stored};

            pub(crate) mod before {
                use crate::schema_changes::prelude::*;

                #[derive(Debug, Clone, Serialize, Deserialize, Event)]
                #[event(category = "account")]
                $(#[$before_attribute])*
                pub(crate) enum AccountEvent $($($before_parameters)*)? { $($before)* }

                pub(crate) type Set = AccountEvent $($($before_arguments)*)?;

                $($($before_items)*)?

                pub(crate) fn events() -> Vec<Set> {
                    vec![$($event),*]
                }
            }

            pub(crate) mod after {
                use crate::schema_changes::prelude::*;

                #[derive(Debug, Clone, Serialize, Deserialize, Event)]
                #[event(category = "account")]
                $(#[$after_attribute])*
                pub(crate) enum AccountEvent $($($after_parameters)*)? { $($after)* }

                pub(crate) type Set = AccountEvent $($($after_arguments)*)?;

                $($($after_items)*)?

                pub(crate) fn meant() -> Vec<Set> {
                    vec![$($meant),*]
                }
            }

            pub(crate) fn kind() -> Kind {
                let older: Vec<(&str, u32, &str)> = vec![$($(($older_type, $older_version, $older)),*)?];
                let older = older.into_iter().map(|(event_type, version, payload)| Stored {
                    event_type: event_type.to_owned(),
                    version,
                    payload: payload.to_owned(),
                });
                Kind {
                    name: stringify!($name),
                    module: concat!(module_path!(), "::after").replacen("schema_changes", "crate", 1),
                    change: $change,
                    effect: Effect::$effect,
                    before: eventsource::schema::EventSchema::of::<before::Set>,
                    stored: before::events().iter().map(stored).chain(older).collect(),
                    meant: after::meant().iter().map(|event| format!("{event:?}")).collect(),
                    after: Release::of::<after::Set>(stringify!($name)),
                    code: [
                        stringify!(
                            #[derive(Debug, Clone, Serialize, Deserialize, Event)]
                            #[event(category = "account")]
                            $(#[$after_attribute])*
                            pub(crate) enum AccountEvent $($($after_parameters)*)? { $($after)* }
                        ),
                        stringify!(
                            pub(crate) type Set = AccountEvent $($($after_arguments)*)?;
                            $($($after_items)*)?
                        ),
                    ],
                    filled: &[$($(($place, $filled)),*)?],
                    renamed: &[$($(($from, $to)),*)?],
                    said: crate::releases::said::<before::Set, after::Set>,
                }
            }
        }
    };
}

pub(crate) use kind;
