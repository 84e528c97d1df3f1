//! Programs of several releases, whose sets of events differ, with a read model and an event handler for any of them.

use std::{
    fmt::Debug,
    marker::PhantomData,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use eventsource::{
    Change, Delivery, Event, EventHandler, EventSet, FailurePolicy, Fold, Metadata, Position,
    ProjectionError, ReadModel, Recorded, StreamId,
    store::{Append, ExpectedVersion, NewEvent, ReadModelStore},
};
use serde::{Deserialize, Serialize};

use super::{Behaviour, Program, ReadModels, Scripted};

/// The sets of events of the releases. Each is the whole category, unless it says otherwise.
pub(crate) mod releases {
    use super::*;

    macro_rules! release {
        ($(#[$doc:meta])* $name:ident, ($($options:tt)*), { $($variants:tt)* }) => {
            $(#[$doc])*
            #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
            #[event(category = "shipment", $($options)*)]
            pub(crate) enum $name { $($variants)* }
        };
    }

    release!(/** The first one. */ First, (), { Sent });
    release!(/** It has a new type. */ WithLost, (), { Sent, Lost });
    release!(/** It has no longer the new type. */ WithoutLost, (removed("shipment.lost")), { Sent });
    release!(/** It writes a type under another name. */ Renamed, (), {
        #[event(name = "shipment.dispatched", was("shipment.sent"))]
        Sent,
    });
    release!(/** It reads some types. */ Part, (partial), { Sent });
    release!(/** It reads more types. */ LargerPart, (partial), { Sent, Lost });
    release!(/** A type has a new schema version. */ Weighed, (), {
        #[event(version = 2, from(SentV1))]
        Sent { grams: u32 },
    });

    #[derive(Deserialize, eventsource::Schema)]
    pub(crate) struct SentV1 {}

    impl From<SentV1> for Weighed {
        fn from(_: SentV1) -> Self {
            Self::Sent { grams: 0 }
        }
    }

    /// Events of another category.
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
    #[event(category = "refund")]
    pub(crate) enum Refund {
        Made,
    }

    /// A set that has gained a member.
    #[derive(Debug, Clone, PartialEq, EventSet)]
    pub(crate) enum Both {
        Shipment(First),
        Refund(Refund),
    }
}

/// The types of the events of a shipment, in the order of application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ReadModel)]
#[read_model(table = "shipments")]
pub(crate) struct Shipment {
    #[read_model(key)]
    pub(crate) shipment: String,
    pub(crate) seen: Vec<String>,
}

impl<E: EventSet> Fold<E> for Shipment {
    fn key(event: &Recorded<E>) -> Option<String> {
        Some(event.aggregate_id().to_owned())
    }

    fn fold(row: Option<Self>, event: &Recorded<E>) -> Change<Self> {
        let mut row =
            row.unwrap_or_else(|| Self { shipment: event.aggregate_id().to_owned(), seen: Vec::new() });
        row.seen.push(event.context.event_type.to_string());
        Change::Put(row)
    }
}

/// The projection of [`Shipment`] from the events of a release.
pub(crate) type Shipments<E, const VERSION: u32 = 1, const PARTITIONS: u32 = 1> =
    Scripted<Shipment, E, VERSION, PARTITIONS>;

impl<E: EventSet, const VERSION: u32, const PARTITIONS: u32> Shipments<E, VERSION, PARTITIONS> {
    pub(crate) fn new() -> Self {
        Self::applying(FailurePolicy::default().attempts(1)).parking()
    }

    /// A projection that fails on some events. Their keys are parked then.
    pub(crate) fn failing_if(fails: fn(&Recorded<E>) -> bool) -> Self {
        Self::new().judged_by(move |event| if fails(event) { Behaviour::Fail } else { Behaviour::Apply })
    }
}

/// The deliveries to all programs that run the handler: the shipment, and the type of the event.
pub(crate) type Delivered = Arc<Mutex<Vec<(String, String)>>>;

/// A handler of the events of a release.
pub(crate) struct Notices<E, const PARTITIONS: u32 = 1> {
    delivered: Delivered,
    set: PhantomData<fn(E)>,
}

impl<E: EventSet, const PARTITIONS: u32> Notices<E, PARTITIONS> {
    pub(crate) fn new(delivered: &Delivered) -> Self {
        Self { delivered: Arc::clone(delivered), set: PhantomData }
    }
}

#[async_trait]
impl<E: EventSet, const PARTITIONS: u32> EventHandler for Notices<E, PARTITIONS> {
    type Event = E;
    const NAME: &'static str = "notices";
    const PARTITIONS: u32 = PARTITIONS;

    async fn handle(&self, delivery: Delivery<'_, E>) -> Result<(), ProjectionError> {
        let notice = (delivery.aggregate_id().to_owned(), delivery.context.event_type.to_string());
        self.delivered.lock().unwrap_or_else(PoisonError::into_inner).push(notice);
        Ok(())
    }
}

/// The types of the delivered events of a shipment, in order.
pub(crate) fn notices(delivered: &Delivered, shipment: &str) -> Vec<String> {
    let delivered = delivered.lock().unwrap_or_else(PoisonError::into_inner);
    delivered.iter().filter(|(of, _)| of == shipment).map(|(_, event_type)| event_type.clone()).collect()
}

/// The types of the events of a shipment that are in the read model.
pub(crate) async fn shipment<S: ReadModelStore>(program: &Program<S>, id: &str) -> Vec<String> {
    let found: Option<Shipment> = program.find(&id.to_owned()).await.expect("the rows can be read");
    found.map(|row| row.seen).unwrap_or_default()
}

/// The stream of a shipment, or of the refund for it.
pub(crate) fn stream_of<E: Event>(id: &str) -> StreamId {
    StreamId::new(E::CATEGORY, id).expect("a valid id")
}

impl<S: ReadModelStore> ReadModels<S> {
    /// Records an event as a program of its release would.
    pub(crate) async fn recorded<E: Event>(&self, id: &str, event: E) -> Position {
        let event = NewEvent::encode(&event, Metadata::new()).expect("it is JSON");
        let append = Append::to(stream_of::<E>(id), ExpectedVersion::Any, vec![event]);
        self.append(append).await.expect("the append is accepted")[0].position
    }
}
