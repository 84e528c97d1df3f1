//! Folding a batch of events into the rows they are about: whoever keeps rows does it with this.

use indexmap::IndexMap;
use lru::LruCache;
use serde_json::value::RawValue;

use super::{Change, Fold, FoldError, ProjectionError, ReadModel, RowKeyError, key::Keys};
use crate::Recorded;

/// What is remembered of rows between batches, by the text of their keys; `None` of one that is not there.
pub(super) type Cache<R> = LruCache<Box<str>, Option<R>>;

/// The rows that a batch of events is about, by the texts of their keys, in the order they are first touched.
pub(super) struct Batch<R: ReadModel> {
    rows: IndexMap<Box<str>, Touched<R>>,
    /// For each event the index of its row.
    row_of: Vec<Option<usize>>,
}

struct Touched<R: ReadModel> {
    key: R::Key,
    row: Option<R>,
    /// Whether it is known if there is a row.
    known: bool,
    /// Whether there was one before the batch.
    existed: bool,
    changed: bool,
}

/// What a batch comes to.
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

    /// Takes what is remembered of these rows out of the cache: until the batch has committed nobody knows
    /// whether it still holds.
    pub(super) fn recall(&mut self, cache: &mut Cache<R>) {
        for (text, touched) in &mut self.rows {
            if let Some(row) = cache.pop(text) {
                touched.found(row);
            }
        }
    }

    /// Remembers what the rows are now.
    pub(super) fn remember(self, cache: &mut Cache<R>) {
        for (text, touched) in self.rows {
            cache.put(text, touched.row);
        }
    }

    /// The keys of which it is not known whether there is a row, in the order of their texts.
    pub(super) fn unknown(&self, keys: &Keys) -> Result<Vec<Box<RawValue>>, RowKeyError> {
        let unknown = self.rows.iter().filter(|(_, touched)| !touched.known);
        let mut texts: Vec<&str> = unknown.map(|(text, _)| &**text).collect();
        texts.sort_unstable();
        texts.into_iter().map(|text| keys.object(text)).collect()
    }

    /// Takes the rows that the store has of those that were [`unknown`](Self::unknown): there are no others.
    pub(super) fn load(&mut self, rows: &[Box<RawValue>], keys: &Keys) -> Result<(), ProjectionError> {
        let mut buffer = Vec::with_capacity(64);
        for json in rows {
            let row: R = serde_json::from_str(json.get()).map_err(|error| {
                keys.fault(format_args!("a row of the table cannot be read, {error}: {json}"))
            })?;
            let text = keys.text(&row.row_key(), &mut buffer)?;
            // A column that keeps less of a key than the type does, such as its microseconds, would make one
            // row of two, and none that is found again.
            let Some(touched) = self.rows.get_mut(text) else {
                return Err(keys.fault(format_args!(
                    "the table answers with the key {text}, which was not asked for: its columns do not keep keys \
                     as they are written"
                )));
            };
            touched.found(Some(row));
        }
        for touched in self.rows.values_mut().filter(|touched| !touched.known) {
            touched.found(None);
        }
        Ok(())
    }

    /// Folds the same events that the batch was made of, in order.
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

    /// What is to be written: the last state of each row that changed, and nothing of one that came and went.
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

/// Folds one event into the row with this key, and tells whether that changed it. The row is cloned, because an
/// event that is no concern of it leaves it as it is.
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

/// What one event makes of the row with this key, which it leaves with that key.
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

/// The error with the event it is about.
pub(super) fn on<E>(event: &Recorded<E>, source: RowKeyError) -> FoldError {
    FoldError::Key { event: Box::new(event.context.clone()), source }
}

#[cfg(test)]
pub(super) mod tests;
