//! What the programs of all releases have in common.

use std::{convert::Infallible, fmt::Write as _, fs::File, io::Write as _, path::PathBuf};

use eventsource::{Delivery, ProjectionError, prelude::*, store::EventStore};
use serde_json::Value;

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

pub(crate) fn text(error: &(dyn std::error::Error + 'static)) -> String {
    std::iter::successors(Some(error), |&error| error.source()).fold(String::new(), |mut text, error| {
        let separator = if text.is_empty() { "" } else { ": " };
        write!(text, "{separator}{error}").expect("a string");
        text
    })
}

/// An event of another category, which every release records, and few consumers read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
#[event(category = "refund")]
pub(crate) enum RefundEvent {
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

pub(crate) async fn refund<S: EventStore>(es: &EventSource<S>, id: &str) -> Result<Position, String> {
    let receipt = es.execute(MakeRefund(id)).await.map_err(|error| text(&error))?;
    Ok(receipt.position)
}

/// An event handler: it sends mails, of which each is a line in a file.
pub(crate) struct Mail<E> {
    file: PathBuf,
    set: std::marker::PhantomData<fn(E)>,
}

impl<E> Mail<E> {
    pub(crate) fn to(file: PathBuf) -> Self {
        Self { file, set: std::marker::PhantomData }
    }
}

#[async_trait::async_trait]
impl<E: EventSet> EventHandler for Mail<E> {
    type Event = E;
    const NAME: &'static str = "mail";

    async fn handle(&self, delivery: Delivery<'_, E>) -> Result<(), ProjectionError> {
        let line = format!("{} {}\n", delivery.aggregate_id(), delivery.context.event_type);
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
            type Error = std::convert::Infallible;

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
                Ok(found.map(|row| serde_json::json!(row)))
            }

            async fn tally(&self, id: &str) -> Result<Option<Value>, String> {
                let found = self.0.find::<$tally>(&id.to_owned()).await.map_err(|error| text(&error))?;
                Ok(found.map(|row| serde_json::json!(row)))
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
                row.seen.push(event.context.event_type.to_string());
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

pub(crate) use {consumers, first_events, program, seen};
