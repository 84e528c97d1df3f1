//! Types that are defined in a function, and in a module with private types.

mod account {
    use eventsource::prelude::*;

    #[derive(Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(super) enum AccountEvent {
        #[event(version = 2, from(OpenedV1), upcast(1 = old::opened))]
        Opened { owner: Owner },
    }

    #[derive(Serialize, Deserialize, Schema)]
    pub(super) struct Owner {
        name: String,
    }

    #[derive(Deserialize, Schema)]
    struct OpenedV1 {
        name: String,
    }

    mod old {
        use super::{AccountEvent, OpenedV1, Owner};

        pub(super) fn opened(old: OpenedV1, _: &eventsource::EventContext) -> Option<AccountEvent> {
            Some(AccountEvent::Opened { owner: Owner { name: old.name } })
        }
    }
}

#[test]
fn types_in_a_function_are_derived() {
    use eventsource::prelude::*;

    #[derive(Serialize, Deserialize, Event)]
    #[event(category = "order")]
    enum OrderEvent {
        #[event(version = 2, from(PlacedV1))]
        Placed { lines: u32 },
    }

    #[derive(Deserialize, Schema)]
    struct PlacedV1 {
        count: u32,
    }

    impl From<PlacedV1> for OrderEvent {
        fn from(old: PlacedV1) -> Self {
            Self::Placed { lines: old.count }
        }
    }

    #[derive(EventSet)]
    enum ShopEvent {
        Order(OrderEvent),
        Account(account::AccountEvent),
    }

    #[derive(Default, PartialEq, Serialize, Deserialize, Aggregate)]
    #[aggregate(event = OrderEvent, id = u64, snapshot(version = 1, every = 100))]
    struct Order {
        lines: u32,
    }

    impl Apply<OrderEvent> for Order {
        fn apply(&mut self, OrderEvent::Placed { lines }: OrderEvent) {
            self.lines = lines;
        }
    }

    #[derive(Command)]
    #[command(aggregate = Order)]
    struct Place(#[command(id)] u64);

    #[derive(Clone, Serialize, Deserialize, ReadModel)]
    #[read_model(table = "lines")]
    struct Lines {
        #[read_model(key)]
        order: u64,
    }

    assert_eq!(Lines { order: 7 }.row_key(), 7);
    assert_eq!(ShopEvent::TYPES.len(), 2);
    assert_eq!(*Place(7).aggregate_id(), 7);
    assert_eq!(account::AccountEvent::TYPES[0].version, 2);
}
