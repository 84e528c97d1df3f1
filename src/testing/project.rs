//! Given events, these rows: tests of read models.

use std::fmt::{self, Debug};

use super::{
    given::{causes, diff},
    recorded::Recorder,
};
use crate::{Event, EventSet, FoldMany, Metadata, ReadModel, Rows, Timestamp, store::LogFilter};

/// A read model, to be folded from the [`given`](Projected::given) events.
///
/// Events and rows pass through their stored form, so a test sees what production sees: fields that serde does not
/// write are missing.
///
/// ```
/// # use eventsource::prelude::*;
/// # #[derive(Debug, Serialize, Deserialize, Event)]
/// # #[event(category = "account")]
/// # pub enum AccountEvent { Deposited { amount: i64 }, Closed }
/// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ReadModel)]
/// # #[read_model(table = "account_balances")]
/// # pub struct AccountBalance { #[read_model(key)] account: String, balance: i64 }
/// # impl Fold<AccountEvent> for AccountBalance {
/// #     fn key(event: &Recorded<AccountEvent>) -> Option<String> { Some(event.aggregate_id().to_owned()) }
/// #     fn fold(row: Option<Self>, event: &Recorded<AccountEvent>) -> Change<Self> {
/// #         let AccountEvent::Deposited { amount } = event.event else { return Change::Delete };
/// #         let balance = row.map_or(0, |row| row.balance) + amount;
/// #         Change::Put(Self { account: event.aggregate_id().to_owned(), balance })
/// #     }
/// # }
/// # fn deposited(amount: i64) -> AccountEvent { AccountEvent::Deposited { amount } }
/// use eventsource::testing::project;
///
/// project::<AccountBalance>()
///     .given("acc-1", [deposited(100), deposited(20)])
///     .given("acc-2", [deposited(5), AccountEvent::Closed])
///     .row("acc-1", |row| assert_eq!(row.balance, 120))
///     .no_row("acc-2");
/// ```
#[must_use]
pub fn project<R: ReadModel>() -> Projected<R> {
    Projected { rows: Rows::new(), recorder: Recorder::default() }
}

/// The rows folded from the events so far. See [`project`].
pub struct Projected<R> {
    rows: Rows<R>,
    recorder: Recorder,
}

impl<R: ReadModel> Projected<R> {
    /// Sets the time at which the following events are recorded, instead of the beginning of 1970.
    #[must_use]
    pub fn at(mut self, recorded_at: Timestamp) -> Self {
        self.recorder.recorded_at = recorded_at;
        self
    }

    /// Sets the metadata of the following events.
    #[must_use]
    pub fn with_metadata(mut self, metadata: Metadata) -> Self {
        self.recorder.metadata = metadata;
        self
    }

    /// Records these events next, on the stream of their category with this id.
    ///
    /// # Panics
    ///
    /// If an event or a row does not round-trip through its stored form, or the event cannot be folded.
    #[track_caller]
    #[must_use = "nothing is tested without `row`, `no_row` or `rows`"]
    pub fn given<I>(self, stream_id: impl AsRef<str>, events: I) -> Self
    where
        I: IntoIterator<Item: Event>,
        R: FoldMany<I::Item>,
    {
        self.given_as::<I::Item>(stream_id, events)
    }

    /// The same for a read model that is folded from the events of several aggregates: the events are read back as
    /// that set. Events that the set does not read are skipped.
    ///
    /// # Panics
    ///
    /// As [`given`](Self::given).
    #[track_caller]
    #[must_use = "nothing is tested without `row`, `no_row` or `rows`"]
    pub fn given_as<E: EventSet>(
        mut self,
        stream_id: impl AsRef<str>,
        events: impl IntoIterator<Item: Event>,
    ) -> Self
    where
        R: FoldMany<E>,
    {
        let filter = LogFilter::of::<E>();
        for event in events {
            let stored = self.recorder.record(stream_id.as_ref(), &event);
            // As a projection does.
            if !filter.admits(&stored.context) {
                continue;
            }
            let decoded = match stored.decode::<E>() {
                Ok(decoded) => decoded,
                Err(error) => panic!("a stored event cannot be read: {}", causes(&error)),
            };
            for recorded in decoded {
                if let Err(error) = self.rows.apply(&recorded) {
                    panic!("the events cannot be folded: {}", causes(&error));
                }
            }
        }
        self
    }

    /// Asserts that there is a row with this key, and passes it to `look`.
    ///
    /// # Panics
    ///
    /// If there is none.
    #[track_caller]
    pub fn row(self, key: impl Into<R::Key>, look: impl FnOnce(&R)) -> Self {
        let key = key.into();
        match self.rows.get(&key) {
            Some(row) => look(row),
            None => panic!("there is no row with the key {}; {}", json(&key), self.keys()),
        }
        self
    }

    /// Asserts that there is no row with this key.
    ///
    /// # Panics
    ///
    /// If there is one.
    #[track_caller]
    pub fn no_row(self, key: impl Into<R::Key>) -> Self {
        let key = key.into();
        if let Some(row) = self.rows.get(&key) {
            panic!("no row was expected with the key {}, but there is {}", json(&key), json(row));
        }
        self
    }

    /// Asserts that there are exactly these rows, in any order.
    ///
    /// # Panics
    ///
    /// If the rows differ, with a diff of both.
    #[track_caller]
    pub fn rows(self, expected: impl IntoIterator<Item = R>) -> Self
    where
        R: Debug + PartialEq,
    {
        let mut expected: Vec<R> = expected.into_iter().collect();
        expected.sort_by_cached_key(|row| json(&row.row_key()));
        let actual: Vec<R> = self.rows.iter().cloned().collect();
        if expected != actual {
            let diff = diff(&format!("{expected:#?}"), &format!("{actual:#?}"));
            panic!("there are other rows than expected\n\n{diff}");
        }
        self
    }

    fn keys(&self) -> String {
        let keys: Vec<String> = self.rows.iter().map(|row| json(&row.row_key())).collect();
        if keys.is_empty() { "there are none".to_owned() } else { format!("there are {}", keys.join(", ")) }
    }
}

impl<R: Debug> Debug for Projected<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Projected").field("rows", &self.rows).finish_non_exhaustive()
    }
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|error| format!("not JSON ({error})"))
}
