use eventsource::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[event(category = "account", partial)]
enum Deposits {
    Deposited { amount: i64 },
}

#[derive(Default, Aggregate)]
#[aggregate(event = Deposits, id = str)]
struct Account {
    balance: i64,
}

impl Apply<Deposits> for Account {
    fn apply(&mut self, event: Deposits) {
        let Deposits::Deposited { amount } = event;
        self.balance += amount;
    }
}

fn main() {}
