//! Folding a batch of events into their rows, for stores and for rows in memory.

use indexmap::IndexMap;
use lru::LruCache;
use serde_json::value::RawValue;

use super::{Change, Fold, FoldError, ProjectionError, ReadModel, RowKeyError, key::Keys};
use crate::Recorded;

/// The rows cached between batches, by the text of their keys; `None` for a row that does not exist.
pub(super) type Cache<R> = LruCache<Box<str>, Option<R>>;

/// The rows of a batch of events, by the texts of their keys, in the order of their first event.
pub(super) struct Batch<R: ReadModel> {
    rows: IndexMap<Box<str>, Touched<R>>,
    /// The index of the row of each event.
    row_of: Vec<Option<usize>>,
}

struct Touched<R: ReadModel> {
    key: R::Key,
    row: Option<R>,
    /// Whether it is known if the row exists.
    known: bool,
    /// Whether the row existed before the batch.
    existed: bool,
    changed: bool,
}

/// The changes that a batch makes to the table.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub(super) puts: Vec<Box<RawValue>>,
    pub(super) deletes: Vec<Box<RawValue>>,
}

impl Changes {
    pub(super) fn is_empty(&self) -> bool {
        self.puts.is_empty() && self.deletes.is_empty()
    }
}

impl<R: ReadModel> Batch<R> {
    pub(super) fn of<E>(events: &[Recorded<E>], keys: &Keys) -> Result<Self, FoldError>
    where
        R: Fold<E>,
    {
        let mut batch = Self { rows: IndexMap::new(), row_of: Vec::with_capacity(events.len()) };
        let mut buffer = Vec::with_capacity(64);
        for event in events {
            let Some(key) = R::key(event) else {
                batch.row_of.push(None);
                continue;
            };
            let text = keys.text(&key, &mut buffer).map_err(|source| on(event, source))?;
            let index = match batch.rows.get_index_of(text) {
                Some(index) => index,
                None => batch.rows.insert_full(text.into(), Touched::unknown(key)).0,
            };
            batch.row_of.push(Some(index));
        }
        Ok(batch)
    }

    /// Takes these rows out of the cache: until the batch has committed, it is unknown whether they are still
    /// valid.
    pub(super) fn take_cached(&mut self, cache: &mut Cache<R>) {
        for (text, touched) in &mut self.rows {
            if let Some(row) = cache.pop(text) {
                touched.found(row);
            }
        }
    }

    /// Puts the rows into the cache.
    pub(super) fn cache_rows(self, cache: &mut Cache<R>) {
        for (text, touched) in self.rows {
            cache.put(text, touched.row);
        }
    }

    /// The keys for which it is not known whether a row exists, in the order of their texts.
    pub(super) fn unknown(&self, keys: &Keys) -> Result<Vec<Box<RawValue>>, RowKeyError> {
        let unknown = self.rows.iter().filter(|(_, touched)| !touched.known);
        let mut texts: Vec<&str> = unknown.map(|(text, _)| &**text).collect();
        texts.sort_unstable();
        texts.into_iter().map(|text| keys.object(text)).collect()
    }

    /// Takes the rows that the store has for the [`unknown`](Self::unknown) keys. The other unknown keys have no
    /// row.
    pub(super) fn load(&mut self, rows: &[Box<RawValue>], keys: &Keys) -> Result<(), ProjectionError> {
        let mut buffer = Vec::with_capacity(64);
        for json in rows {
            let row: R = serde_json::from_str(json.get()).map_err(|error| {
                keys.fault(format_args!("could not deserialize a row of the table, {error}: {json}"))
            })?;
            let text = keys.text(&row.row_key(), &mut buffer)?;
            // A column that stores a key with less precision than its type, such as without microseconds, would
            // merge two rows into one, and would not find the row again.
            let Some(touched) = self.rows.get_mut(text) else {
                return Err(keys.fault(format_args!(
                    "the table returned the key {text}, which was not queried: its columns do not store keys exactly as they \
                     are written"
                )));
            };
            touched.found(Some(row));
        }
        for touched in self.rows.values_mut().filter(|touched| !touched.known) {
            touched.found(None);
        }
        Ok(())
    }

    /// Folds the events of the batch, in order.
    pub(super) fn fold<E>(&mut self, events: &[Recorded<E>], keys: &Keys) -> Result<(), FoldError>
    where
        R: Fold<E>,
    {
        for (event, index) in events.iter().zip(&self.row_of) {
            let touched = index.and_then(|index| self.rows.get_index_mut(index));
            if let Some((_, Touched { key, row, changed, .. })) = touched {
                *changed |= step(key, row, event, keys)?;
            }
        }
        Ok(())
    }

    /// The changes to write: the last state of each row that changed, and nothing for a row that was inserted and
    /// deleted within the batch.
    pub(super) fn changes(&self, keys: &Keys) -> Result<Changes, ProjectionError> {
        let mut changes = Changes::default();
        for (text, touched) in self.rows.iter().filter(|(_, touched)| touched.changed) {
            match &touched.row {
                Some(row) => changes.puts.push(keys.times.encode(row).map_err(|error| {
                    keys.fault(format_args!("the row with the key {text} cannot be written as JSON: {error}"))
                })?),
                None if touched.existed => changes.deletes.push(keys.object(text)?),
                None => {}
            }
        }
        Ok(changes)
    }
}

impl<R: ReadModel> Touched<R> {
    fn unknown(key: R::Key) -> Self {
        Self { key, row: None, known: false, existed: false, changed: false }
    }

    fn found(&mut self, row: Option<R>) {
        self.known = true;
        self.existed = row.is_some();
        self.row = row;
    }
}

/// Folds one event into the row with this key, and returns whether that changed the row. The row is cloned,
/// because [`Change::Keep`] must leave it unchanged.
pub(super) fn step<R: Fold<E>, E>(
    key: &R::Key,
    row: &mut Option<R>,
    event: &Recorded<E>,
    keys: &Keys,
) -> Result<bool, FoldError> {
    match change(key, row.clone(), event, keys)? {
        Change::Keep => Ok(false),
        Change::Put(put) => {
            *row = Some(put);
            Ok(true)
        }
        Change::Delete => Ok(row.take().is_some()),
    }
}

/// The change that one event makes to the row with this key. The row must keep its key.
pub(super) fn change<R: Fold<E>, E>(
    key: &R::Key,
    row: Option<R>,
    event: &Recorded<E>,
    keys: &Keys,
) -> Result<Change<R>, FoldError> {
    let change = R::fold(row, event);
    if let Change::Put(put) = &change {
        let put_key = put.row_key();
        if put_key != *key {
            let text = |key: &R::Key| serde_json::to_string(key).unwrap_or_default();
            return Err(FoldError::OtherKey {
                table: keys.table.name.clone(),
                event: Box::new(event.context.clone()),
                key: text(key),
                made: text(&put_key),
            });
        }
    }
    Ok(change)
}

/// Adds the event to the error.
pub(super) fn on<E>(event: &Recorded<E>, source: RowKeyError) -> FoldError {
    FoldError::Key { event: Box::new(event.context.clone()), source }
}

#[cfg(test)]
pub(super) mod tests;
