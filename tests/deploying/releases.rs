//! The releases of an application, from the first one on. Each has its own types, as a program has.

use std::path::PathBuf;

use eventsource::{
    prelude::*,
    store::{ReadModelStore, StartAt},
};
use serde_json::Value;

use super::program::{Mail, Program, RefundEvent, consumers, first_events, program, refund, seen, text};

/// A release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Release {
    /// The first one.
    First,
    /// `shipment.noted` has a field more, with a default.
    Field,
    /// It has a new event type, `shipment.lost`.
    NewType,
    /// `shipment.sent` has schema version 2.
    NewSchema,
    /// The release before it: it reads version 2 of `shipment.sent`, and still writes version 1.
    Expanded,
    /// It writes `shipment.sent` as `shipment.dispatched`.
    Renamed,
    /// It has no `shipment.noted` any more.
    Removed,
    /// Its consumers read the refunds too.
    Refunds,
    /// The same, with a new version of the read model.
    RefundsRaised,
    /// The read model has other columns, in version 2.
    Columns,
    /// It has no event handler.
    NoHandler,
    /// It has an inline projection, `tallies`.
    Inline,
    /// The inline projection has version 2.
    InlineRaised,
    /// The inline projection follows the log, so that the next release can leave it out.
    Following,
}

pub(crate) const RELEASES: [Release; 14] = [
    Release::First,
    Release::Field,
    Release::NewType,
    Release::NewSchema,
    Release::Expanded,
    Release::Renamed,
    Release::Removed,
    Release::Refunds,
    Release::RefundsRaised,
    Release::Columns,
    Release::NoHandler,
    Release::Inline,
    Release::InlineRaised,
    Release::Following,
];

mod first {
    use super::*;

    first_events!();
    seen!(Seen, "shipments", 1);
    program!(Seen, es, mail => consumers!(es, mail, Seen, ShipmentEvent), tally: Seen);
}

mod field {
    use super::*;

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
    #[event(category = "shipment")]
    enum ShipmentEvent {
        Sent,
        Noted {
            text: String,
            #[serde(default)]
            by: Option<String>,
        },
    }

    fn event_named(name: &str) -> Option<ShipmentEvent> {
        match name {
            "sent" => Some(ShipmentEvent::Sent),
            "noted" => Some(ShipmentEvent::Noted { text: "fragile".into(), by: Some("ann".into()) }),
            _ => None,
        }
    }

    seen!(Seen, "shipments", 1);
    program!(Seen, es, mail => consumers!(es, mail, Seen, ShipmentEvent), tally: Seen);
}

mod new_type {
    use super::*;

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
    #[event(category = "shipment")]
    enum ShipmentEvent {
        Sent,
        Noted { text: String },
        Lost,
    }

    fn event_named(name: &str) -> Option<ShipmentEvent> {
        match name {
            "sent" => Some(ShipmentEvent::Sent),
            "noted" => Some(ShipmentEvent::Noted { text: "fragile".into() }),
            "lost" => Some(ShipmentEvent::Lost),
            _ => None,
        }
    }

    seen!(Seen, "shipments", 1);
    program!(Seen, es, mail => consumers!(es, mail, Seen, ShipmentEvent), tally: Seen);
}

/// Version 2 of `shipment.sent`.
macro_rules! weighed_events {
    ($($written:tt)*) => {
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
        #[event(category = "shipment")]
        enum ShipmentEvent {
            #[event(version = 2, from(SentV1) $($written)*)]
            Sent {
                grams: u32,
            },
            Noted {
                text: String,
            },
        }

        #[derive(Serialize, Deserialize, Schema)]
        struct SentV1 {}

        impl From<SentV1> for ShipmentEvent {
            fn from(_: SentV1) -> Self {
                Self::Sent { grams: 0 }
            }
        }

        fn event_named(name: &str) -> Option<ShipmentEvent> {
            match name {
                "sent" => Some(ShipmentEvent::Sent { grams: 7 }),
                "noted" => Some(ShipmentEvent::Noted { text: "fragile".into() }),
                _ => None,
            }
        }
    };
}

mod new_schema {
    use super::*;

    weighed_events!();

    seen!(Seen, "shipments", 1);
    program!(Seen, es, mail => consumers!(es, mail, Seen, ShipmentEvent), tally: Seen);
}

mod expanded {
    use super::*;

    weighed_events!(, write = 1, downcast = sent_v1);

    fn sent_v1(_: &u32) -> SentV1 {
        SentV1 {}
    }

    seen!(Seen, "shipments", 1);
    program!(Seen, es, mail => consumers!(es, mail, Seen, ShipmentEvent), tally: Seen);
}

mod renamed {
    use super::*;

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
    #[event(category = "shipment")]
    enum ShipmentEvent {
        #[event(name = "shipment.dispatched", was("shipment.sent"))]
        Sent,
        Noted {
            text: String,
        },
    }

    fn event_named(name: &str) -> Option<ShipmentEvent> {
        match name {
            "sent" => Some(ShipmentEvent::Sent),
            "noted" => Some(ShipmentEvent::Noted { text: "fragile".into() }),
            _ => None,
        }
    }

    seen!(Seen, "shipments", 1);
    program!(Seen, es, mail => consumers!(es, mail, Seen, ShipmentEvent), tally: Seen);
}

mod removed {
    use super::*;

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
    #[event(category = "shipment", removed("shipment.noted"))]
    enum ShipmentEvent {
        Sent,
    }

    fn event_named(name: &str) -> Option<ShipmentEvent> {
        (name == "sent").then_some(ShipmentEvent::Sent)
    }

    seen!(Seen, "shipments", 1);
    program!(Seen, es, mail => consumers!(es, mail, Seen, ShipmentEvent), tally: Seen);
}

/// The events of the releases whose consumers read refunds too.
macro_rules! refunds {
    () => {
        first_events!();

        #[derive(Debug, Clone, PartialEq, EventSet)]
        enum Both {
            Shipment(ShipmentEvent),
            Refund(RefundEvent),
        }
    };
}

mod refunds {
    use super::*;

    refunds!();
    seen!(Seen, "shipments", 1);
    program!(Seen, es, mail => consumers!(es, mail, Seen, Both), tally: Seen);
}

mod refunds_raised {
    use super::*;

    refunds!();
    seen!(Seen, "shipments", 2);
    program!(Seen, es, mail => consumers!(es, mail, Seen, Both), tally: Seen);
}

mod columns {
    use super::*;

    first_events!();

    /// Another key, a column less, one more, and one of another type.
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ReadModel)]
    #[read_model(table = "shipments", version = 2)]
    struct Seen {
        #[read_model(key)]
        package: String,
        seen: i64,
        last: Option<String>,
    }

    impl Fold<ShipmentEvent> for Seen {
        fn key(event: &Recorded<ShipmentEvent>) -> Option<String> {
            Some(event.aggregate_id().to_owned())
        }

        fn fold(row: Option<Self>, event: &Recorded<ShipmentEvent>) -> Change<Self> {
            let package = event.aggregate_id().to_owned();
            let seen = row.map_or(0, |row| row.seen) + 1;
            Change::Put(Self { package, seen, last: Some(event.context.event_type.to_string()) })
        }
    }

    program!(Seen, es, mail => consumers!(es, mail, Seen, ShipmentEvent), tally: Seen);
}

mod no_handler {
    use super::*;

    first_events!();
    seen!(Seen, "shipments", 1);
    program!(Seen, es, mail => es.projection(Seen::projection::<ShipmentEvent>()), tally: Seen);
}

mod inline {
    use super::*;

    first_events!();
    seen!(Seen, "shipments", 1);
    seen!(Tally, "tallies", 1);
    program!(Seen, es, mail => consumers!(es, mail, Seen, ShipmentEvent).inline(Tally::projection::<ShipmentEvent>()),
             tally: Tally);
}

mod inline_raised {
    use super::*;

    first_events!();
    seen!(Seen, "shipments", 1);
    seen!(Tally, "tallies", 2);
    program!(Seen, es, mail => consumers!(es, mail, Seen, ShipmentEvent).inline(Tally::projection::<ShipmentEvent>()),
             tally: Tally);
}

mod following {
    use super::*;

    first_events!();
    seen!(Seen, "shipments", 1);
    seen!(Tally, "tallies", 1);
    program!(Seen, es, mail => consumers!(es, mail, Seen, ShipmentEvent).projection(Tally::projection::<ShipmentEvent>()),
             tally: Tally);
}

impl Release {
    /// The program of this release.
    pub(crate) fn program<S: ReadModelStore + Clone>(self, store: S, mail: PathBuf) -> Box<dyn Program<S>> {
        match self {
            Self::First => Box::new(first::This::new(store, mail)),
            Self::Field => Box::new(field::This::new(store, mail)),
            Self::NewType => Box::new(new_type::This::new(store, mail)),
            Self::NewSchema => Box::new(new_schema::This::new(store, mail)),
            Self::Expanded => Box::new(expanded::This::new(store, mail)),
            Self::Renamed => Box::new(renamed::This::new(store, mail)),
            Self::Removed => Box::new(removed::This::new(store, mail)),
            Self::Refunds => Box::new(refunds::This::new(store, mail)),
            Self::RefundsRaised => Box::new(refunds_raised::This::new(store, mail)),
            Self::Columns => Box::new(columns::This::new(store, mail)),
            Self::NoHandler => Box::new(no_handler::This::new(store, mail)),
            Self::Inline => Box::new(inline::This::new(store, mail)),
            Self::InlineRaised => Box::new(inline_raised::This::new(store, mail)),
            Self::Following => Box::new(following::This::new(store, mail)),
        }
    }
}
