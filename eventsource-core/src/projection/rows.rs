//! Rows in memory, without a store.

use std::{collections::BTreeMap, fmt};

use super::{
    Change, FoldError, FoldMany, ReadModel,
    fold::{Stored, change, on},
    key::Keys,
};
use crate::Recorded;

/// The rows folded from some events, in memory: a read model on demand.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/bank.rs"));
/// use eventsource::projections::Rows;
///
/// #[derive(Debug, Clone, Serialize, Deserialize, ReadModel)]
/// #[read_model(table = "balances")]
/// struct Balance {
///     #[read_model(key)]
///     account: String,
///     amount: u64,
/// }
///
/// impl Fold<AccountEvent> for Balance {
///     fn key(event: &Recorded<AccountEvent>) -> Option<String> {
///         Some(event.aggregate_id().to_owned())
///     }
///
///     fn fold(row: Option<Self>, event: &Recorded<AccountEvent>) -> Change<Self> {
///         let before = row.map_or(0, |row| row.amount);
///         let amount = match event.event {
///             AccountEvent::Deposited { amount } => before + amount,
///             AccountEvent::Withdrawn { amount } => before - amount,
///         };
///         Change::Put(Self { account: event.aggregate_id().to_owned(), amount })
///     }
/// }
///
/// # fn balances(events: &[Recorded<AccountEvent>]) -> Result<(), eventsource::ProjectionError> {
/// let mut balances = Rows::<Balance>::new();
/// for event in events {
///     balances.apply(event)?;
/// }
/// let total: u64 = balances.iter().map(|row| row.amount).sum();
/// # Ok(())
/// # }
/// # fn main() { balances(&[]).unwrap_or_else(|error| panic!("{error}")) }
/// ```
pub struct Rows<R> {
    keys: Keys,
    /// By the text of the key.
    rows: BTreeMap<Box<str>, R>,
    buffer: Vec<u8>,
}

impl<R: ReadModel> Rows<R> {
    /// Creates an empty set of rows.
    #[must_use]
    pub fn new() -> Self {
        Self { keys: Keys::of(R::table()), rows: BTreeMap::new(), buffer: Vec::new() }
    }

    /// Folds one event. Folding events in the order of the log gives the same rows as a store, except for columns with
    /// a type of the store's own.
    ///
    /// # Errors
    ///
    /// If a key is null or cannot be written, or the fold returns a row with another key than that of the event, or a
    /// row that cannot be stored and read back. The rows are then unchanged.
    pub fn apply<E>(&mut self, event: &Recorded<E>) -> Result<(), FoldError>
    where
        R: FoldMany<E>,
    {
        let mut changes = BTreeMap::<Box<str>, _>::new();
        for key in R::keys(event) {
            let text = self.keys.text(&key, &mut self.buffer).map_err(|source| on(event, source))?;
            if !changes.contains_key(text) {
                let change = change(&key, self.rows.get(text).cloned(), event, &self.keys)?;
                changes.insert(text.into(), change);
            }
        }
        for (text, change) in changes {
            match change {
                Change::Keep => {}
                Change::Put(Stored { row, .. }) => {
                    self.rows.insert(text, row);
                }
                Change::Delete => {
                    self.rows.remove(&text);
                }
            }
        }
        Ok(())
    }

    /// The row with this key.
    #[must_use]
    pub fn get(&self, key: &R::Key) -> Option<&R> {
        self.rows.get(self.keys.text(key, &mut Vec::new()).ok()?)
    }

    /// The rows, ordered by the JSON of their keys.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &R> {
        self.rows.values()
    }

    /// The number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

impl<R: ReadModel> Default for Rows<R> {
    fn default() -> Self {
        Self::new()
    }
}

impl<R> IntoIterator for Rows<R> {
    type Item = R;
    type IntoIter = std::collections::btree_map::IntoValues<Box<str>, R>;

    fn into_iter(self) -> Self::IntoIter {
        self.rows.into_values()
    }
}

impl<R: fmt::Debug> fmt::Debug for Rows<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.rows.values()).finish()
    }
}
