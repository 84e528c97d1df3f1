//! Who executes the commands of the bank: the framework, or one of those written by hand. And that each command
//! has happened once.

use std::{collections::HashMap, future::Future, sync::Arc};

use eventsource::{prelude::*, store::EventStore};
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row};

use crate::{
    Account, Deposit, Entry, Error, FileByHand, Fill, Refusal, Way, Withdraw,
    bank::{Metadata, decisions},
};

/// Executes commands on accounts, and loads them.
pub trait Teller: Send + Sync + 'static {
    /// Executes one, however often others are faster.
    fn execute<C>(&self, command: C) -> impl Future<Output = Result<(), Error>> + Send
    where
        C: Command<Aggregate = Account>,
        Account: Handle<C, Error = Refusal>;

    /// An account as it is now.
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

/// Which account the order with this number goes to.
#[derive(Debug, Clone, Copy)]
pub enum Choice {
    /// Any, by chance, and the same in every run.
    ByChance,
    /// One after the other, so that no two orders at a time go to the same one.
    InTurn,
}

/// Orders on the accounts that were filled in: deposits and withdrawals in turn.
#[derive(Debug, Clone)]
pub struct Orders {
    /// The accounts.
    pub accounts: Fill,
    /// Which of them.
    pub choice: Choice,
}

impl Orders {
    /// Orders on these accounts, by chance.
    #[must_use]
    pub fn by_chance(accounts: &Fill) -> Self {
        Self { accounts: accounts.clone(), choice: Choice::ByChance }
    }

    /// To have these orders executed by this teller.
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

    /// Makes sure that of the orders below this number each has left one event, on its account.
    ///
    /// # Errors
    ///
    /// If one has not, or is there twice.
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

    /// The same in a file.
    ///
    /// # Errors
    ///
    /// The same.
    pub async fn check_file(&self, file: &FileByHand, table: &str, orders: u64) -> Result<(), Error> {
        let found = file.orders(table, &self.accounts).await?;
        self.compare(table, found, orders)
    }

    /// By account: how many events there are, the last version, how many orders, and the sum of their numbers.
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

/// A number without order, and always the same: the finalizer of SplitMix64,
/// <https://prng.di.unimi.it/splitmix64.c>.
fn scattered(number: u64) -> u64 {
    let z = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
