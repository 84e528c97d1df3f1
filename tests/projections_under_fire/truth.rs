//! The contents of the log, read with plain SQL and folded with plain Rust, to compare with the projections.

use std::{
    collections::{BTreeMap, HashMap},
    fmt::Debug,
};

use eventsource::postgres::sqlx::{self, AssertSqlSafe, PgConnection};
use serde_json::Value;
use uuid::Uuid;

use super::{bank::digest, savings::assert_savings, support::connect};

/// A committed event of an account.
#[derive(Debug)]
pub(crate) struct Stored {
    pub(crate) position: i64,
    pub(crate) account: String,
    version: i64,
    /// The deposited amount; `None` if the account was emptied.
    amount: Option<i64>,
}

/// Everything that is committed, in order of position.
#[derive(Debug)]
pub(crate) struct Truth {
    pub(crate) events: Vec<Stored>,
    connection: PgConnection,
}

/// Deposits, balance and digest of an account.
type Balance = (i64, i64, i64);

impl Truth {
    pub(crate) async fn read(url: &str) -> Self {
        let mut connection = connect(url).await;
        let query = sqlx::query_as(
            "select position, stream_id, version, event_type, payload::text
               from eventsource.events where category = 'account' order by position",
        );
        let rows: Vec<(i64, String, i64, String, String)> =
            query.fetch_all(&mut connection).await.expect("the log can be read");
        let stored = |(position, account, version, event_type, payload): (_, _, _, String, String)| {
            let payload: Value = serde_json::from_str(&payload).expect("JSON");
            let amount = (event_type == "account.deposited")
                .then(|| payload["amount"].as_i64().expect("a deposit has an amount"));
            Stored { position, account, version, amount }
        };
        Self { events: rows.into_iter().map(stored).collect(), connection }
    }

    fn balances(&self) -> BTreeMap<String, Balance> {
        let mut balances = BTreeMap::new();
        for event in &self.events {
            let Some(amount) = event.amount else {
                balances.remove(&event.account);
                continue;
            };
            let (deposits, balance, before) = balances.entry(event.account.clone()).or_default();
            *deposits += 1;
            *balance += amount;
            *before = digest(*before, event.version);
        }
        balances
    }

    /// Asserts that a table of balances agrees with the log.
    pub(crate) async fn assert_balances(&mut self, table: &str) {
        let sql = format!("select account, deposits, balance, digest from {table}");
        let rows: Vec<(String, i64, i64, i64)> =
            sqlx::query_as(AssertSqlSafe(sql)).fetch_all(&mut self.connection).await.expect("rows");
        let rows = rows
            .into_iter()
            .map(|(account, deposits, balance, digest)| (account, (deposits, balance, digest)));
        assert_same(table, &rows.collect(), &self.balances());
    }

    /// Asserts that the table of amounts agrees with the log.
    pub(crate) async fn assert_amounts(&mut self) {
        let query = sqlx::query_as("select amount, deposits, digest from amounts");
        let rows: Vec<(i64, i64, i64)> = query.fetch_all(&mut self.connection).await.expect("rows");
        let mut amounts: BTreeMap<i64, (i64, i64)> = BTreeMap::new();
        for event in &self.events {
            let Some(amount) = event.amount else { continue };
            let (deposits, before) = amounts.entry(amount).or_default();
            *deposits += 1;
            *before = digest(*before, event.position);
        }
        assert_same(
            "amounts",
            &rows.into_iter().map(|(amount, n, digest)| (amount, (n, digest))).collect(),
            &amounts,
        );
    }

    /// Asserts that every event was seen once, and those of an account in order.
    pub(crate) async fn assert_seen(&mut self) {
        let query = sqlx::query_as("select position, account from seen order by nth");
        let seen: Vec<(i64, String)> = query.fetch_all(&mut self.connection).await.expect("rows");
        self.assert_each_in_order("seen", &seen);
        assert_eq!(seen.len(), self.events.len(), "seen twice");
    }

    /// Asserts that every event was delivered under its own key, and that first deliveries are in order. Returns
    /// the number of repeated deliveries.
    pub(crate) async fn assert_delivered(&mut self) -> usize {
        let query = sqlx::query_as("select position, account, key from delivered order by nth");
        let delivered: Vec<(i64, String, Uuid)> = query.fetch_all(&mut self.connection).await.expect("rows");
        let mut keys = HashMap::new();
        let mut first = Vec::new();
        for (position, account, key) in &delivered {
            match keys.insert(*position, *key) {
                Some(before) => {
                    assert_eq!(before, *key, "the event at {position} came again under another key")
                }
                None => first.push((*position, account.clone())),
            }
        }
        let different: std::collections::HashSet<_> = keys.values().collect();
        assert_eq!(different.len(), keys.len(), "two events came under one key");
        self.assert_each_in_order("delivered", &first);
        delivered.len() - first.len()
    }

    /// Asserts that each event of an account was reacted to once, and in order, with the state before it.
    pub(crate) async fn assert_awards(&mut self) {
        let wrong: Vec<(String, i64)> = sqlx::query_as(
            "with events as (
                 select e.stream_id, e.version, e.event_id from eventsource.events e where e.category = 'account'),
             awards as (
                 select e.stream_id, e.version, e.causation_id, (e.payload ->> 'total')::bigint as total
                   from eventsource.events e where e.category = 'points')
             select coalesce(e.stream_id, a.stream_id), coalesce(e.version, a.version)
               from events e full join awards a using (stream_id, version)
              where e.event_id is distinct from a.causation_id or a.total is distinct from e.version
              order by 1, 2",
        )
        .fetch_all(&mut self.connection)
        .await
        .expect("the log can be read");
        assert_eq!(wrong, [], "accounts and versions without their award, or with another one");
    }

    #[track_caller]
    fn assert_each_in_order(&self, what: &str, seen: &[(i64, String)]) {
        let mut sorted: Vec<_> = seen.iter().map(|(position, _)| *position).collect();
        sorted.sort_unstable();
        let all: Vec<_> = self.events.iter().map(|event| event.position).collect();
        let missed: Vec<_> = all.iter().filter(|position| sorted.binary_search(position).is_err()).collect();
        assert!(
            missed.is_empty(),
            "{what}: {} of {} events are missing: {missed:?}",
            missed.len(),
            all.len()
        );
        let mut last = HashMap::new();
        for (position, account) in seen {
            let before = last.insert(account, position);
            assert!(before < Some(position), "{what}: of account {account} {position} came after {before:?}");
        }
    }

    /// Asserts that everything that a program with all kinds of projections keeps agrees with the log.
    pub(crate) async fn assert_all(&mut self) -> usize {
        self.assert_balances("whole").await;
        self.assert_balances("quartered").await;
        self.assert_amounts().await;
        self.assert_seen().await;
        self.assert_awards().await;
        assert_savings(&mut self.connection).await;
        self.assert_delivered().await
    }
}

#[track_caller]
fn assert_same<K: Ord + Debug, V: PartialEq + Debug>(
    table: &str,
    rows: &BTreeMap<K, V>,
    truth: &BTreeMap<K, V>,
) {
    let keys = rows.keys().chain(truth.keys().filter(|key| !rows.contains_key(key)));
    let wrong: Vec<_> = keys.filter(|key| rows.get(key) != truth.get(key)).collect();
    let some: Vec<_> = wrong.iter().take(5).map(|key| (key, rows.get(key), truth.get(key))).collect();
    assert!(
        wrong.is_empty(),
        "{table}: {} of {} rows are wrong, such as (key, row, truth) {some:?}",
        wrong.len(),
        truth.len()
    );
}
