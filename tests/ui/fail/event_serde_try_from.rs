use eventsource::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[serde(try_from = "String")]
#[event(category = "account")]
enum AccountEvent {
    Opened { owner: String },
}

impl TryFrom<String> for AccountEvent {
    type Error = std::fmt::Error;

    fn try_from(owner: String) -> Result<Self, Self::Error> {
        Ok(Self::Opened { owner })
    }
}

fn main() {}
