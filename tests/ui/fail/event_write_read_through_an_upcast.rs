use eventsource::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[event(category = "account")]
enum AccountEvent {
    #[event(version = 3, from(MovedV1, MovedV2), upcast(2 = one_by_one), write = 1, downcast = moved_v1)]
    Moved { amount: i64 },
}

fn main() {}
