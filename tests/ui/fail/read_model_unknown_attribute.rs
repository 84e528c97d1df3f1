use eventsource::prelude::*;

#[derive(Clone, Serialize, Deserialize, ReadModel)]
#[read_model(tabel = "accounts", setup = 1)]
struct Account {
    #[read_model(key)]
    account: String,
    #[read_model(sqll = "text")]
    owner: String,
    #[read_model(key = "yes")]
    other: String,
}

fn main() {}
