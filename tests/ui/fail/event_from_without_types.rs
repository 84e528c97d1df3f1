use eventsource::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[event(category = "account")]
enum AccountEvent {
    #[event(version = 2, from("OpenedV1"))]
    Opened { owner: String },
    #[event(version = 2, from = ClosedV1)]
    Closed,
}

#[derive(Deserialize, Schema)]
struct OpenedV1 {
    name: String,
}

impl From<OpenedV1> for AccountEvent {
    fn from(old: OpenedV1) -> Self {
        Self::Opened { owner: old.name }
    }
}

fn main() {}
