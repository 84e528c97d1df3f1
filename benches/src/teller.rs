//! Executing the commands of the bank, with the framework or by hand, and checking that each command was stored once.

use std::{collections::HashMap, future::Future, sync::Arc};

use eventsource::{prelude::*, store::EventStore};
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row};

use crate::{
    Account, Deposit, Entry, Error, FileByHand, Fill, Refusal, Way, Withdraw,
    bank::{Metadata, decisions},
};

/// Executes commands on accounts, and loads them.
pub trait Teller: Send + Sync + 'static {
    /// Executes a command, retried after every conflict.
    fn execute<C>(&self, command: C) -> impl Future<Output = Result<(), Error>> + Send
    where
        C: Command<Aggregate = Account>,
        Account: Handle<C, Error = Refusal>;

    /// Loads an account.
    fn load(&self, account: &str) -> impl Future<Output = Result<Account, Error>> + Send;
}

impl<S: EventStore> Teller for EventSource<S> {
    async fn execute<C>(&self, command: C) -> Result<(), Error>
    where
        C: Command<Aggregate = Account>,
        Account: Handle<C, Error = Refusal>,
    {
        let Metadata { channel, client } = Metadata::of_client();
        Self::execute(self, command).metadata("channel", channel).metadata("client", client).await?;
        Ok(())
    }

    async fn load(&self, account: &str) -> Result<Account, Error> {
        Ok(Self::load::<Account>(self, account).await?.state)
    }
}

/// How the account of an order is chosen.
#[derive(Debug, Clone, Copy)]
pub enum Choice {
    /// Pseudo-randomly, the same in every run.
    ByChance,
    /// In rotation, so that no two concurrent orders go to the same account.
    InTurn,
}

/// Orders on the prepared accounts: deposits and withdrawals alternately.
#[derive(Debug, Clone)]
pub struct Orders {
    /// The accounts.
    pub accounts: Fill,
    /// How the account of an order is chosen.
    pub choice: Choice,
}

impl Orders {
    /// Orders on these accounts, chosen pseudo-randomly.
    #[must_use]
    pub fn by_chance(accounts: &Fill) -> Self {
        Self { accounts: accounts.clone(), choice: Choice::ByChance }
    }

    /// A way of executing these orders by this teller.
    pub fn through(&self, name: impl Into<String>, teller: impl Teller) -> Way {
        let (orders, teller) = (self.clone(), Arc::new(teller));
        let way = Way::new(name, move |reference| {
            let (account, teller) = (orders.account(reference), Arc::clone(&teller));
            async move {
                let entry = Entry::ordered(reference);
                match reference % 2 {
                    0 => teller.execute(Deposit { account, entry }).await,
                    _ => teller.execute(Withdraw { account, entry }).await,
                }
            }
        });
        way.counting(decisions)
    }

    fn account(&self, reference: u64) -> String {
        let number = match self.choice {
            Choice::ByChance => scattered(reference),
            Choice::InTurn => reference,
        };
        self.accounts.account(number % self.accounts.accounts)
    }

    /// Checks that each order below this number has stored exactly one event, on its account.
    ///
    /// # Errors
    ///
    /// If an order is missing or stored twice.
    pub async fn check(&self, url: &str, schema: &str, orders: u64) -> Result<(), Error> {
        let before = self.accounts.events;
        let query = format!(
            "select stream_id, count(*), max(version), \
                    count(distinct payload->>'reference') filter (where version > {before}), \
                    coalesce(sum((payload->>'reference')::bigint) filter (where version > {before}), 0)::bigint \
               from {schema}.events where starts_with(stream_id, $1) group by stream_id"
        );
        let mut connection = PgConnection::connect(url).await?;
        let query = sqlx::query(AssertSqlSafe(query)).bind(&self.accounts.prefix);
        let rows = query.fetch_all(&mut connection).await?;
        let found = rows.iter().map(|row| {
            Ok((row.try_get(0)?, [row.try_get(1)?, row.try_get(2)?, row.try_get(3)?, row.try_get(4)?]))
        });
        self.compare(schema, found.collect::<Result<_, sqlx::Error>>()?, orders)
    }

    /// Like [`check`](Self::check), in a file.
    ///
    /// # Errors
    ///
    /// As [`check`](Self::check).
    pub async fn check_file(&self, file: &FileByHand, table: &str, orders: u64) -> Result<(), Error> {
        let found = file.orders(table, &self.accounts).await?;
        self.compare(table, found, orders)
    }

    /// Compares per account: the number of events, the last version, the number of orders, and the sum of their numbers.
    fn compare(&self, log: &str, found: Vec<(String, [i64; 4])>, orders: u64) -> Result<(), Error> {
        let mut expected: HashMap<String, (i64, i64)> = HashMap::new();
        for reference in 0..i64::try_from(orders)? {
            let (count, sum) = expected.entry(self.account(reference.unsigned_abs())).or_default();
            (*count, *sum) = (*count + 1, *sum + reference);
        }
        if found.len() as u64 != self.accounts.accounts {
            return Err(format!("{log}: {} accounts, not {}", found.len(), self.accounts.accounts).into());
        }
        let before = i64::try_from(self.accounts.events)?;
        for (account, found) in found {
            let (ordered, sum) = expected.get(&account).copied().unwrap_or_default();
            let wanted = [before + ordered, before + ordered, ordered, sum];
            if found != wanted {
                let text = "events, version, orders and the sum of their numbers";
                return Err(format!("{log}: {account} has {found:?} {text}, not {wanted:?}").into());
            }
        }
        Ok(())
    }
}

/// A deterministic hash of a number: the finalizer of SplitMix64,
/// <https://prng.di.unimi.it/splitmix64.c>.
fn scattered(number: u64) -> u64 {
    let z = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
