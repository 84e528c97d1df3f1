use eventsource::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[event(category = "account")]
enum AccountEvent {
    #[event(version = 2, from(OpenedV1), upcast(1 = opened))]
    Opened { owner: String },
}

#[derive(Deserialize, Schema)]
struct OpenedV1 {
    name: String,
}

fn opened(old: OpenedV1, _: &eventsource::EventContext) -> AccountEvent {
    AccountEvent::Opened { owner: old.name }
}

fn main() {}
