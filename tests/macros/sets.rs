//! Sets of event sets: events are dispatched by their stored names.

use eventsource::{
    EventContext, EventSet,
    event::{DecodeError, EventType},
    prelude::*,
};

use crate::recorded::{decode, recorded};

#[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
#[event(category = "order")]
enum OrderEvent {
    #[event(version = 2, from(PlacedV1), upcast(1 = placed))]
    Placed { lines: u32 },
}

#[derive(Deserialize, Schema)]
struct PlacedV1 {
    orders: Vec<u32>,
}

fn placed(old: PlacedV1, _: &EventContext) -> Vec<OrderEvent> {
    old.orders.into_iter().map(|lines| OrderEvent::Placed { lines }).collect()
}

#[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
#[event(category = "payment")]
enum PaymentEvent {
    #[event(was("payment.paid", "paid"))]
    Made(u64),
    Refunded,
}

#[derive(Debug, PartialEq, EventSet)]
enum ShopEvent {
    Order(OrderEvent),
    Payment(PaymentEvent),
}

#[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
#[event(category = "shipment")]
enum ShipmentEvent {
    Sent,
}

#[derive(Debug, PartialEq, EventSet)]
enum CompanyEvent {
    Shipment(ShipmentEvent),
    Shop(ShopEvent),
}

#[test]
fn the_types_of_a_set_are_those_of_its_members_in_order() {
    let names = |types: &[EventType]| types.iter().map(|ty| ty.name).collect::<Vec<_>>();
    assert_eq!(names(ShopEvent::TYPES), ["order.placed", "payment.made", "payment.refunded"]);
    assert_eq!(
        names(CompanyEvent::TYPES),
        ["shipment.sent", "order.placed", "payment.made", "payment.refunded"]
    );
    assert_eq!(ShopEvent::TYPES[1].aliases, ["payment.paid", "paid"]);
    let schema: Vec<_> = CompanyEvent::schema().iter().map(|ty| (ty.name, ty.versions.len())).collect();
    let expected = [("shipment.sent", 1), ("order.placed", 2), ("payment.made", 1), ("payment.refunded", 1)];
    assert_eq!(schema, expected);
}

#[test]
fn an_event_is_decoded_by_the_member_that_has_its_name() {
    let made = ShopEvent::Payment(PaymentEvent::Made(7));
    assert_eq!(decode::<ShopEvent>("payment.made", 1, "7").unwrap(), [made]);
    let order = ShopEvent::Order(OrderEvent::Placed { lines: 3 });
    assert_eq!(decode::<ShopEvent>("order.placed", 2, r#"{"lines":3}"#).unwrap(), [order]);
}

#[test]
fn aliases_versions_and_upcasters_hold_through_sets_of_sets() {
    let made = CompanyEvent::Shop(ShopEvent::Payment(PaymentEvent::Made(7)));
    assert_eq!(decode::<CompanyEvent>("paid", 1, "7").unwrap(), [made]);
    let placed = |lines| CompanyEvent::Shop(ShopEvent::Order(OrderEvent::Placed { lines }));
    assert_eq!(
        decode::<CompanyEvent>("order.placed", 1, r#"{"orders":[1,2]}"#).unwrap(),
        [placed(1), placed(2)]
    );
    assert_eq!(decode::<CompanyEvent>("order.placed", 1, r#"{"orders":[]}"#).unwrap(), []);
}

#[test]
fn errors_are_those_of_the_member() {
    let unknown = decode::<CompanyEvent>("order.lost", 1, "{}").unwrap_err();
    assert!(matches!(unknown, DecodeError::UnknownType { .. }), "{unknown}");
    let newer = decode::<CompanyEvent>("order.placed", 3, "{}").unwrap_err();
    assert!(matches!(newer, DecodeError::UnknownVersion { known: 2, .. }), "{newer}");
    let broken = decode::<CompanyEvent>("order.placed", 2, r#"{"lines":-1}"#).unwrap_err();
    assert!(matches!(&broken, DecodeError::Payload { path, .. } if path == "lines"), "{broken}");
}

#[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
#[event(category = "invoice", removed("invoice.printed"))]
enum InvoiceEvent {
    Sent,
}

#[derive(Debug, PartialEq, EventSet)]
#[event(removed("shipment.weighed"))]
enum OfficeEvent {
    Invoice(InvoiceEvent),
    Shipment(ShipmentEvent),
}

#[test]
fn an_event_of_a_removed_type_is_decoded_to_nothing_in_every_version() {
    for (version, payload) in [(1, "{}"), (9, "null"), (1, "not JSON")] {
        assert_eq!(decode::<InvoiceEvent>("invoice.printed", version, payload).unwrap(), []);
        assert_eq!(decode::<OfficeEvent>("invoice.printed", version, payload).unwrap(), []);
        assert_eq!(decode::<OfficeEvent>("shipment.weighed", version, payload).unwrap(), []);
    }
    for unknown in ["shipment.weighed", "invoice.lost"] {
        let unknown = decode::<InvoiceEvent>(unknown, 1, "{}").unwrap_err();
        assert!(matches!(unknown, DecodeError::UnknownType { .. }), "{unknown}");
    }
}

/// A set that is written by hand, as for a projection that reads a part of a set.
#[derive(Debug, PartialEq)]
struct Refunds;

impl EventSet for Refunds {
    const TYPES: &'static [EventType] =
        &[EventType { name: "refunded", aliases: &[], category: "payment", version: 1, writes: 1 }];
    const CATEGORIES: &'static [&'static str] = &[];

    fn decode(
        _: eventsource::event::StoredEvent<'_>,
    ) -> Result<eventsource::event::Decoded<Self>, eventsource::event::Undecodable> {
        Ok(eventsource::event::Decoded::One(Self))
    }

    fn schema() -> Vec<eventsource::schema::TypeSchema> {
        Vec::new()
    }
}

#[derive(Debug, PartialEq, EventSet)]
enum Mixed {
    Refund(Refunds),
    Shipment(ShipmentEvent),
}

#[test]
fn a_set_may_hold_one_that_is_written_by_hand() {
    let events: Vec<Recorded<Mixed>> = recorded("refunded", 1, "{}").decode().unwrap().collect();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].event, Mixed::Refund(Refunds));
}
