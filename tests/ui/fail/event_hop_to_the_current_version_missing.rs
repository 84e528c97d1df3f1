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

impl From<OpenedV1> for OpenedV2 {
    fn from(old: OpenedV1) -> Self {
        Self { holder: old.name }
    }
}

fn main() {}
