use eventsource::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[event(category = "account")]
enum AccountEvent {
    #[event(version = 2, from(OpenedV1), write = "1", downcast = opened_v1)]
    Opened,
    #[event(version = 2, from(ClosedV1), write = 1, downcast = "closed_v1")]
    Closed,
    #[event(version = 2, from(MovedV1), write = 1, downcast(moved_v1))]
    Moved,
}

fn main() {}
