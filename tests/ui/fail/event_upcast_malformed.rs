use eventsource::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[event(category = "account")]
enum AccountEvent {
    #[event(version = 2, from(OpenedV1), upcast(opened))]
    Opened { owner: String },
    #[event(upcast = opened)]
    Closed,
}

#[derive(Deserialize, Schema)]
struct OpenedV1 {
    name: String,
}

fn opened(old: OpenedV1, _: &eventsource::EventContext) -> Vec<AccountEvent> {
    vec![AccountEvent::Opened { owner: old.name }]
}

impl From<OpenedV1> for AccountEvent {
    fn from(old: OpenedV1) -> Self {
        Self::Opened { owner: old.name }
    }
}

fn main() {}
