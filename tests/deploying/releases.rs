//! The releases of an application, from the first one on. Each has its own types, as a program has.

use std::{convert::Infallible, fmt::Write as _, fs::File, io::Write as _, path::PathBuf};

use eventsource::{
    Delivery, ProjectionError,
    prelude::*,
    store::{EventStore, ReadModelStore, StartAt},
};
use serde_json::{Value, json};

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

pub(crate) const RELEASES: [Release; 13] = [
    Release::First,
    Release::Field,
    Release::NewType,
    Release::NewSchema,
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

/// A program on a store. Names of events are those that the user of the program knows: `sent`, `noted`, `lost`.
#[async_trait::async_trait]
pub(crate) trait Program<S>: Send + Sync {
    fn source(&self) -> &EventSource<S>;

    /// Executes the command that records an event.
    async fn record(&self, event: &str, id: &str) -> Result<Position, String>;

    /// The row of a shipment.
    async fn find(&self, id: &str) -> Result<Option<Value>, String>;

    /// The row of a shipment in the inline projection.
    async fn tally(&self, id: &str) -> Result<Option<Value>, String>;
}

fn text(error: &(dyn std::error::Error + 'static)) -> String {
    std::iter::successors(Some(error), |&error| error.source()).fold(String::new(), |mut text, error| {
        let separator = if text.is_empty() { "" } else { ": " };
        write!(text, "{separator}{error}").expect("a string");
        text
    })
}

/// An event of another category, which every release records, and few consumers read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
#[event(category = "refund")]
enum RefundEvent {
    Made,
}

#[derive(Debug, Default, Aggregate)]
#[aggregate(event = RefundEvent, id = str)]
struct Refund {}

impl Apply<RefundEvent> for Refund {
    fn apply(&mut self, _: RefundEvent) {}
}

#[derive(Debug, Command)]
#[command(aggregate = Refund)]
struct MakeRefund<'a>(#[command(id)] &'a str);

impl Handle<MakeRefund<'_>> for Refund {
    type Error = Infallible;

    fn handle(&self, _: &MakeRefund<'_>) -> Result<Vec<RefundEvent>, Infallible> {
        Ok(vec![RefundEvent::Made])
    }
}

async fn refund<S: EventStore>(es: &EventSource<S>, id: &str) -> Result<Position, String> {
    let receipt = es.execute(MakeRefund(id)).await.map_err(|error| text(&error))?;
    Ok(receipt.position)
}

/// An event handler: it sends mails, of which each is a line in a file.
struct Mail<E> {
    file: PathBuf,
    set: std::marker::PhantomData<fn(E)>,
}

impl<E> Mail<E> {
    fn to(file: PathBuf) -> Self {
        Self { file, set: std::marker::PhantomData }
    }
}

#[async_trait::async_trait]
impl<E: EventSet> EventHandler for Mail<E> {
    type Event = E;
    const NAME: &'static str = "mail";

    async fn handle(&self, delivery: Delivery<'_, E>) -> Result<(), ProjectionError> {
        let line = format!("{} {}\n", delivery.aggregate_id(), delivery.event_type);
        let file = File::options().append(true).create(true).open(&self.file);
        file.and_then(|mut file| file.write_all(line.as_bytes())).map_err(ProjectionError::from)
    }
}

/// What a release has besides its events: the aggregate, its command, and the program.
macro_rules! program {
    ($row:ty, $es:ident, $mail:ident => $consumers:expr, tally: $tally:ty) => {
        #[derive(Debug, Default, Aggregate)]
        #[aggregate(event = ShipmentEvent, id = str)]
        struct Shipment {}

        impl Apply<ShipmentEvent> for Shipment {
            fn apply(&mut self, _: ShipmentEvent) {}
        }

        #[derive(Debug, Command)]
        #[command(aggregate = Shipment)]
        struct Record<'a>(#[command(id)] &'a str, ShipmentEvent);

        impl Handle<Record<'_>> for Shipment {
            type Error = Infallible;

            fn handle(&self, record: &Record<'_>) -> Result<Vec<ShipmentEvent>, Self::Error> {
                Ok(vec![record.1.clone()])
            }
        }

        pub(super) struct This<S>(EventSource<S>);

        impl<S: ReadModelStore + Clone> This<S> {
            pub(super) fn new(store: S, $mail: PathBuf) -> Self {
                let $es = EventSource::builder(store);
                let _ = &$mail;
                Self($consumers.build())
            }
        }

        #[async_trait::async_trait]
        impl<S: ReadModelStore + Clone> Program<S> for This<S> {
            fn source(&self) -> &EventSource<S> {
                &self.0
            }

            async fn record(&self, event: &str, id: &str) -> Result<Position, String> {
                if event == "refund" {
                    return refund(&self.0, id).await;
                }
                let event = event_named(event).ok_or("this release has no such event")?;
                let receipt = self.0.execute(Record(id, event)).await.map_err(|error| text(&error))?;
                Ok(receipt.position)
            }

            async fn find(&self, id: &str) -> Result<Option<Value>, String> {
                let found = self.0.find::<$row>(&id.to_owned()).await.map_err(|error| text(&error))?;
                Ok(found.map(|row| json!(row)))
            }

            async fn tally(&self, id: &str) -> Result<Option<Value>, String> {
                let found = self.0.find::<$tally>(&id.to_owned()).await.map_err(|error| text(&error))?;
                Ok(found.map(|row| json!(row)))
            }
        }
    };
}

/// A read model that has the types of the events of each shipment, in order.
macro_rules! seen {
    ($row:ident, $table:literal, $version:literal) => {
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ReadModel)]
        #[read_model(table = $table, version = $version)]
        struct $row {
            #[read_model(key)]
            shipment: String,
            seen: Vec<String>,
        }

        impl<E: EventSet> Fold<E> for $row {
            fn key(event: &Recorded<E>) -> Option<String> {
                Some(event.aggregate_id().to_owned())
            }

            fn fold(row: Option<Self>, event: &Recorded<E>) -> Change<Self> {
                let shipment = event.aggregate_id().to_owned();
                let mut row = row.unwrap_or(Self { shipment, seen: Vec::new() });
                row.seen.push(event.event_type.to_string());
                Change::Put(row)
            }
        }
    };
}

/// A consumer of each kind, of these events.
macro_rules! consumers {
    ($es:ident, $mail:ident, $row:ident, $events:ty) => {
        $es.projection($row::projection::<$events>()).handler(Mail::<$events>::to($mail), StartAt::Beginning)
    };
}

/// The events of the first release.
macro_rules! first_events {
    () => {
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
        #[event(category = "shipment")]
        enum ShipmentEvent {
            Sent,
            Noted { text: String },
        }

        fn event_named(name: &str) -> Option<ShipmentEvent> {
            match name {
                "sent" => Some(ShipmentEvent::Sent),
                "noted" => Some(ShipmentEvent::Noted { text: "fragile".into() }),
                _ => None,
            }
        }
    };
}

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

mod new_schema {
    use super::*;

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
    #[event(category = "shipment")]
    enum ShipmentEvent {
        #[event(version = 2, from(SentV1))]
        Sent {
            grams: u32,
        },
        Noted {
            text: String,
        },
    }

    #[derive(Deserialize, Schema)]
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
        parcel: String,
        seen: i64,
        last: Option<String>,
    }

    impl Fold<ShipmentEvent> for Seen {
        fn key(event: &Recorded<ShipmentEvent>) -> Option<String> {
            Some(event.aggregate_id().to_owned())
        }

        fn fold(row: Option<Self>, event: &Recorded<ShipmentEvent>) -> Change<Self> {
            let parcel = event.aggregate_id().to_owned();
            let seen = row.map_or(0, |row| row.seen) + 1;
            Change::Put(Self { parcel, seen, last: Some(event.event_type.to_string()) })
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
