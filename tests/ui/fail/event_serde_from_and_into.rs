use eventsource::prelude::*;

#[derive(Clone, Serialize, Deserialize, Event)]
#[serde(from = "String", into = "String")]
#[event(category = "account")]
enum AccountEvent {
    Opened { owner: String },
}

impl From<String> for AccountEvent {
    fn from(owner: String) -> Self {
        Self::Opened { owner }
    }
}

impl From<AccountEvent> for String {
    fn from(AccountEvent::Opened { owner }: AccountEvent) -> Self {
        owner
    }
}

fn main() {}
