use eventsource::prelude::*;

#[derive(Clone, Serialize, Deserialize, ReadModel)]
#[read_model(table = "accounts")]
struct Account {
    #[read_model(key)]
    account: String,
}

fn follows() {
    let _ = EventSource::builder(MemoryStore::new()).projection(Account::projection());
}

fn main() {}
