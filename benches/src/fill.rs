//! Filling a log with one statement, much faster than appending.

use eventsource::{
    StreamId, Timestamp, Version,
    store::{EventStore, ImportEvent},
};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::{AccountEvent, Entry, Error, Opening};

/// How many events are imported at a time.
const CHUNK: usize = 5_000;

/// Accounts with a history: opened, and then deposits of 1,000,000 cents.
#[derive(Debug, Clone)]
pub struct Fill {
    /// The prefix of their names.
    pub prefix: String,
    /// The number of accounts.
    pub accounts: u64,
    /// The number of events of each account; the events of all accounts are interleaved.
    pub events: u64,
}

impl Fill {
    /// Accounts with this prefix, with this number of events each.
    pub fn new(prefix: &str, accounts: u64, events: u64) -> Self {
        Self { prefix: prefix.to_owned(), accounts, events }
    }

    /// One of the accounts, by its number from 0.
    #[must_use]
    pub fn account(&self, number: u64) -> String {
        format!("{}{number}", self.prefix)
    }

    /// Adds the accounts to the log in this schema. There must be no concurrent appends: the positions are correct, but
    /// they are not protected by the low-water mark.
    ///
    /// # Errors
    ///
    /// If the server refuses.
    pub async fn append(&self, url: &str, schema: &str) -> Result<(), Error> {
        // Event ids are of version 7, like those of real events: sorted by time, except for the last digits.
        let insert = format!(
            "insert into {schema}.events (position, category, stream_id, version, event_id, event_type, \
                    schema_version, payload, metadata, correlation_id, causation_id, recorded_at) \
             select position, 'account', $1 || (i % $2), i / $2 + 1, \
                    (lpad(to_hex(1700000000000 + position), 12, '0') || '7' || substr(noise, 1, 3) \
                     || '8' || substr(noise, 4, 15))::uuid, \
                    case when i < $2 then 'account.opened' else 'account.deposited' end, 1, \
                    case when i < $2 then '{{\"owner\":\"Ada Lovelace\",\"at\":\"2026-01-01T00:00:00Z\"}}' \
                         else format('{{\"amount\":%s,\"reference\":%s,\"at\":\"2026-01-01T00:00:00.123456Z\",\
                                        \"note\":\"standing order, rent\"}}', 1000000, i) end::json, \
                    '{{\"channel\":\"branch\",\"client\":\"web-4711\"}}'::json, noise::uuid, noise::uuid, now() \
               from (select nextval('{schema}.event_position') as position, i, md5(i::text) as noise \
                       from generate_series(0::bigint, $2 * $3 - 1) as i) as new"
        );
        let mut connection = PgConnection::connect(url).await?;
        sqlx::query(AssertSqlSafe(insert))
            .bind(&self.prefix)
            .bind(i64::try_from(self.accounts)?)
            .bind(i64::try_from(self.events)?)
            .execute(&mut connection)
            .await?;
        Ok(connection.close().await?)
    }
    /// Adds the accounts to the log of any store.
    ///
    /// # Errors
    ///
    /// If the store refuses.
    pub async fn import(&self, store: &impl EventStore) -> Result<(), Error> {
        let at: Timestamp = "2026-01-01T00:00:00.123456Z".parse()?;
        let event = |number: u64| {
            let event = if number < self.accounts {
                AccountEvent::Opened(Opening { owner: "Ada Lovelace".to_owned(), at })
            } else {
                AccountEvent::Deposited(Entry { amount: 1_000_000, at, ..Entry::ordered(number) })
            };
            let (event_type, payload) = event.encoded();
            let stream = StreamId::new("account", self.account(number % self.accounts))?;
            let event = ImportEvent::raw(stream, event_type, 1, payload)?;
            let event = event.version(Version::new(number / self.accounts + 1));
            Ok(event.entry("channel", "branch").entry("client", "web-4711"))
        };
        let mut numbers = 0..self.accounts * self.events;
        loop {
            let chunk: Vec<_> = numbers.by_ref().take(CHUNK).map(event).collect::<Result<_, Error>>()?;
            if chunk.is_empty() {
                return Ok(());
            }
            store.import(&chunk).await?;
        }
    }
}
