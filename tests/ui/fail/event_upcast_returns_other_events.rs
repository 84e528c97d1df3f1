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

fn opened(old: OpenedV1, _: &eventsource::EventContext) -> Vec<u64> {
    vec![old.name.len() as u64]
}

fn main() {}
