use eventsource::{prelude::*, store::StartAt};

#[derive(Serialize, Deserialize, Event)]
#[event(category = "account")]
enum AccountEvent {
    Opened,
}

#[derive(Clone, Serialize, Deserialize, ReadModel)]
#[read_model(table = "accounts")]
struct Account {
    #[read_model(key)]
    account: String,
}

impl Fold<AccountEvent> for Account {
    fn key(event: &Recorded<AccountEvent>) -> Option<String> {
        Some(event.aggregate_id().to_owned())
    }

    fn fold(row: Option<Self>, _: &Recorded<AccountEvent>) -> Change<Self> {
        row.map_or(Change::Keep, Change::Put)
    }
}

fn handles() {
    let _ = EventSource::builder(MemoryStore::new()).handler(Account::projection(), StartAt::Beginning);
}

fn main() {}
