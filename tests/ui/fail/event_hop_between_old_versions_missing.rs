use eventsource::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[event(category = "account")]
enum AccountEvent {
    #[event(version = 3, from(OpenedV1, OpenedV2))]
    Opened { owner: String },
}

#[derive(Deserialize, Schema)]
struct OpenedV1 {
    name: String,
}

#[derive(Deserialize, Schema)]
struct OpenedV2 {
    holder: String,
}

impl From<OpenedV2> for AccountEvent {
    fn from(old: OpenedV2) -> Self {
        Self::Opened { owner: old.holder }
    }
}

fn main() {}
