use eventsource::prelude::*;

#[derive(Clone, Serialize, Deserialize, ReadModel)]
#[read_model(table = "accounts")]
struct Account {
    #[read_model(key)]
    account: String,
    #[serde(rename = "account")]
    number: String,
    #[serde(alias = "number2")]
    first: String,
    number2: String,
    #[serde(rename = "the_balance_of_the_account_at_the_end_of_the_day_before_yesterday")]
    balance: i64,
    #[serde(rename = "")]
    nothing: i64,
    #[serde(rename(serialize = "state"))]
    status: i64,
}

fn main() {}
