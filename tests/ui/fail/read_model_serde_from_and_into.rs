use eventsource::prelude::*;

#[derive(Clone, Serialize, Deserialize, ReadModel)]
#[read_model(table = "accounts")]
#[serde(from = "String", into = "String")]
struct Account {
    #[read_model(key)]
    account: String,
}

impl From<String> for Account {
    fn from(account: String) -> Self {
        Self { account }
    }
}

impl From<Account> for String {
    fn from(account: Account) -> Self {
        account.account
    }
}

fn main() {}
