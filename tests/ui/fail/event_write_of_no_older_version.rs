use eventsource::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[event(category = "account")]
enum AccountEvent {
    #[event(version = 2, from(Old), write = 0, downcast = zero)]
    Zero,
    #[event(version = 2, from(Old), write = 2, downcast = current)]
    Current,
    #[event(version = 3, from(Old, Old), write = 4, downcast = above)]
    Above,
    #[event(write = 2, downcast = only)]
    Only,
}

fn main() {}
