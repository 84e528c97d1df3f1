use eventsource::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[event(category = "account")]
enum AccountEvent {
    #[event(version = 2, from(OpenedV1), write = 1, downcast = opened_v1)]
    Opened { owner: String, currency: String },
}

#[derive(Serialize, Deserialize, Schema)]
struct OpenedV1 {
    owner: String,
}

impl From<OpenedV1> for AccountEvent {
    fn from(old: OpenedV1) -> Self {
        Self::Opened { owner: old.owner, currency: "EUR".to_owned() }
    }
}

fn opened_v1(owner: &String, _: &String) -> Option<OpenedV1> {
    Some(OpenedV1 { owner: owner.clone() })
}

fn main() {}
