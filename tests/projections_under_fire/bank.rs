//! The accounts, and a projection of every kind.

use std::borrow::Cow;

use eventsource::{
    Delivery,
    postgres::{
        PgTransaction, PostgresStore,
        sqlx::{self, PgPool},
    },
    prelude::*,
    reacting::{Policy, Reactions},
};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
#[event(category = "account")]
pub(crate) enum AccountEvent {
    Deposited {
        amount: i64,
    },
    /// Empties the account: its row is deleted, and created again by the next deposit.
    Emptied,
}

#[derive(Debug, Default, Aggregate)]
#[aggregate(event = AccountEvent, id = str)]
pub(crate) struct Account;

impl Apply<AccountEvent> for Account {
    fn apply(&mut self, _: AccountEvent) {}
}

#[derive(Debug, Command)]
#[command(aggregate = Account)]
pub(crate) struct Deposit<'a>(#[command(id)] pub(crate) &'a str, pub(crate) i64);

impl Handle<Deposit<'_>> for Account {
    type Error = std::convert::Infallible;

    fn handle(&self, deposit: &Deposit<'_>) -> Result<Vec<AccountEvent>, Self::Error> {
        Ok(vec![AccountEvent::Deposited { amount: deposit.1 }])
    }
}

#[derive(Debug, Command)]
#[command(aggregate = Account)]
pub(crate) struct Empty<'a>(#[command(id)] pub(crate) &'a str);

impl Handle<Empty<'_>> for Account {
    type Error = std::convert::Infallible;

    fn handle(&self, _: &Empty<'_>) -> Result<Vec<AccountEvent>, Self::Error> {
        Ok(vec![AccountEvent::Emptied])
    }
}

/// The points of an account: one award for each of its events.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
#[event(category = "points")]
pub(crate) enum PointsEvent {
    Awarded { total: u64 },
}

#[derive(Debug, Default, Aggregate)]
#[aggregate(event = PointsEvent, id = String)]
pub(crate) struct Points(u64);

impl Apply<PointsEvent> for Points {
    fn apply(&mut self, PointsEvent::Awarded { total }: PointsEvent) {
        self.0 = total;
    }
}

#[derive(Debug, Command)]
#[command(aggregate = Points)]
pub(crate) struct Award(#[command(id)] String);

impl Handle<Award> for Points {
    type Error = std::convert::Infallible;

    fn handle(&self, _: &Award) -> Result<Vec<PointsEvent>, Self::Error> {
        Ok(vec![PointsEvent::Awarded { total: self.0 + 1 }])
    }
}

/// Awards a point for each event of an account.
pub(crate) struct Awards;

impl Policy for Awards {
    type Event = AccountEvent;
    const NAME: &'static str = "awards";
    const PARTITIONS: u32 = 3;

    fn react(&self, event: &Recorded<AccountEvent>) -> Reactions {
        Reactions::execute(Award(event.aggregate_id().to_owned()))
    }
}

/// The digest extended by a number. A missing, repeated or reordered event changes it.
pub(crate) fn digest(before: i64, number: i64) -> i64 {
    (before * 31 + number) % 1_000_003
}

/// A read model of balances: a row per account, with a digest of the order of its events.
macro_rules! balances {
    ($(#[$doc:meta])* $name:ident, $table:tt, $version:tt, $partitions:tt) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ReadModel)]
        #[read_model(table = $table, version = $version, partitions = $partitions)]
        pub(crate) struct $name {
            #[read_model(key)]
            account: String,
            pub(crate) deposits: i64,
            balance: i64,
            digest: i64,
            /// The version of the program that wrote the row.
            made_by: i64,
        }

        impl Fold<AccountEvent> for $name {
            fn key(event: &Recorded<AccountEvent>) -> Option<String> {
                Some(event.aggregate_id().to_owned())
            }

            fn fold(row: Option<Self>, event: &Recorded<AccountEvent>) -> Change<Self> {
                let AccountEvent::Deposited { amount } = event.event else { return Change::Delete };
                let account = event.aggregate_id().to_owned();
                let (deposits, balance, before) =
                    row.map_or((0, 0, 0), |row| (row.deposits, row.balance, row.digest));
                let version = i64::try_from(event.context.version.get()).expect("a short stream");
                let (deposits, balance) = (deposits + 1, balance + amount);
                Change::Put(Self { account, deposits, balance, digest: digest(before, version), made_by: $version })
            }
        }
    };
}

balances!(Whole, "whole", 1, 1);
balances!(Quartered, "quartered", 1, 4);
balances!(Eighths, "eighths", 1, 8);
balances!(Inline, "inline_balances", 1, 1);
balances!(
    /// The read model of an old program.
    Former, "deployed", 1, 2
);
balances!(
    /// The read model of the next program, with the same table.
    Next, "deployed", 2, 2
);

/// A row of many streams: all deposits of one amount.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ReadModel)]
#[read_model(table = "amounts", partitions = 4)]
pub(crate) struct Amounts {
    #[read_model(key)]
    amount: i64,
    deposits: i64,
    digest: i64,
}

impl Fold<AccountEvent> for Amounts {
    fn key(event: &Recorded<AccountEvent>) -> Option<i64> {
        match event.event {
            AccountEvent::Deposited { amount } => Some(amount),
            AccountEvent::Emptied => None,
        }
    }

    fn fold(row: Option<Self>, event: &Recorded<AccountEvent>) -> Change<Self> {
        let AccountEvent::Deposited { amount } = event.event else { return Change::Keep };
        let (deposits, before) = row.map_or((0, 0), |row| (row.deposits, row.digest));
        let position = i64::try_from(event.context.position.get()).expect("a short log");
        Change::Put(Self { amount, deposits: deposits + 1, digest: digest(before, position) })
    }
}

/// Records every event once: the key of the table refuses a repetition.
pub(crate) struct Seen;

#[async_trait::async_trait]
impl Projection<PostgresStore> for Seen {
    type Event = AccountEvent;
    const NAME: &'static str = "seen";
    const PARTITIONS: u32 = 3;

    async fn setup(&self, transaction: &mut PgTransaction) -> Result<(), ProjectionError> {
        let table = "create table seen (
            position bigint primary key, account text not null, process integer not null, nth bigserial)";
        sqlx::query(table).execute(&mut **transaction).await?;
        Ok(())
    }

    async fn apply(
        &self,
        events: &[Recorded<AccountEvent>],
        transaction: &mut PgTransaction,
    ) -> Result<(), ProjectionError> {
        let insert = "insert into seen (position, account, process)
                      select position, account, $3 from unnest($1::bigint[], $2::text[]) as e (position, account)";
        let positions: Vec<_> = events.iter().map(|event| signed(event.context.position)).collect();
        let accounts: Vec<_> = events.iter().map(|event| event.aggregate_id().to_owned()).collect();
        let process = i32::try_from(std::process::id())?;
        sqlx::query(insert).bind(positions).bind(accounts).bind(process).execute(&mut **transaction).await?;
        Ok(())
    }
}

/// Records every delivery over its own connection: repetitions are allowed.
pub(crate) struct Delivered(pub(crate) PgPool);

impl Delivered {
    pub(crate) const TABLE: &'static str =
        "create table delivered (position bigint, account text, key uuid, nth bigserial)";
}

#[async_trait::async_trait]
impl EventHandler for Delivered {
    type Event = AccountEvent;
    const NAME: &'static str = "delivered";
    const PARTITIONS: u32 = 2;
    const CONCURRENCY: usize = 8;

    fn key<'a>(&self, event: &'a Recorded<AccountEvent>) -> Option<Cow<'a, str>> {
        Some(Cow::Borrowed(event.aggregate_id()))
    }

    async fn handle(&self, delivery: Delivery<'_, AccountEvent>) -> Result<(), ProjectionError> {
        let insert = "insert into delivered (position, account, key) values ($1, $2, $3)";
        let insert =
            sqlx::query(insert).bind(signed(delivery.context.position)).bind(delivery.aggregate_id());
        insert.bind(delivery.idempotency_key).execute(&self.0).await?;
        Ok(())
    }

    /// It writes to the server that is killed.
    fn on_failure(&self) -> eventsource::FailurePolicy {
        let delay = std::time::Duration::from_millis(20);
        eventsource::FailurePolicy::default().attempts(usize::MAX).min_delay(delay).max_delay(delay)
    }
}

pub(crate) fn signed(position: Position) -> i64 {
    i64::try_from(position.get()).expect("a short log")
}
