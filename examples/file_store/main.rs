//! Deposits on an account, kept in a file: `cargo run --example file_store -- accounts.jsonl`.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

mod store;

use eventsource::prelude::*;
use store::FileStore;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
#[event(category = "account")]
enum AccountEvent {
    Deposited { amount: u64 },
}

#[derive(Debug, Default, Aggregate)]
#[aggregate(event = AccountEvent, id = str)]
struct Account {
    balance: u64,
}

impl Apply<AccountEvent> for Account {
    fn apply(&mut self, event: AccountEvent) {
        let AccountEvent::Deposited { amount } = event;
        self.balance += amount;
    }
}

#[derive(Debug, Command)]
#[command(aggregate = Account)]
struct Deposit<'a>(#[command(id)] &'a str, u64);

impl Handle<Deposit<'_>> for Account {
    type Error = std::convert::Infallible;

    fn handle(&self, deposit: &Deposit<'_>) -> Result<Vec<AccountEvent>, Self::Error> {
        Ok(vec![AccountEvent::Deposited { amount: deposit.1 }])
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).unwrap_or("accounts.jsonl".to_owned());
    let es = EventSource::new(FileStore::open(&path)?);
    es.execute(Deposit("acc-1", 100)).await?;
    let account = es.load::<Account>("acc-1").await?;
    println!("acc-1 has {}, after {} deposits in {path}", account.state.balance, account.version);
    Ok(())
}
