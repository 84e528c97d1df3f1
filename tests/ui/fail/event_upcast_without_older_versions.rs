use eventsource::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[event(category = "account")]
enum AccountEvent {
    #[event(upcast(1 = opened))]
    Opened { owner: String },
}

#[derive(Deserialize, Schema)]
struct OpenedV1 {
    name: String,
}

fn opened(old: OpenedV1, _: &eventsource::EventContext) -> Vec<AccountEvent> {
    vec![AccountEvent::Opened { owner: old.name }]
}

fn main() {}
