//! Folding a batch of events into their rows, for stores and for rows in memory.

mod step;

use std::{collections::HashSet, ops::Range};

use indexmap::IndexMap;
use lru::LruCache;
use serde_json::value::RawValue;

use super::{Change, FoldError, FoldMany, ProjectionError, ReadModel, RowFault, RowKeyError, key::Keys};
use crate::Recorded;
use step::loaded;
pub(super) use step::{Stored, change, on};

/// The rows cached between batches, by the text of their keys; `None` for a row that does not exist.
pub(super) type Cache<R> = LruCache<Box<str>, Option<R>>;

/// The rows of a batch of events, by the texts of their keys, in the order of their first event.
pub(super) struct Batch<R: ReadModel> {
    rows: IndexMap<Box<str>, Touched<R>>,
    /// The index of each event with that of a row that it changes, in the order of the events.
    steps: Vec<(usize, usize)>,
}

struct Touched<R: ReadModel> {
    key: R::Key,
    row: Option<R>,
    /// The form in which the row is written, if it was put.
    json: Option<String>,
    /// Whether it is known if the row exists.
    known: bool,
    /// Whether the row is in the table.
    existed: bool,
    /// The index of the last event that changed the row, if that is not written yet.
    changed_by: Option<usize>,
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
    /// `wanted` has the texts of the keys to which each event is applied; without it, an event is applied to all of its
    /// rows.
    pub(super) fn of<E>(
        events: &[Recorded<E>],
        wanted: Option<&[Vec<String>]>,
        keys: &Keys,
    ) -> Result<Self, FoldError>
    where
        R: FoldMany<E>,
    {
        let mut batch = Self { rows: IndexMap::new(), steps: Vec::with_capacity(events.len()) };
        let mut buffer = Vec::with_capacity(64);
        for (at, event) in events.iter().enumerate() {
            let is_wanted = |text: &str| wanted.is_none_or(|wanted| wanted[at].iter().any(|it| it == text));
            let first = batch.steps.len();
            let changed = R::keys(event);
            // The text of its only key was made for the partition, and a key whose text cannot be made is in no batch.
            if let ([_], Some([text])) = (&changed[..], wanted.map(|wanted| &wanted[at][..]))
                && let Some(row) = batch.rows.get_index_of(text.as_str())
            {
                batch.steps.push((at, row));
                continue;
            }
            for key in changed {
                let text = match keys.text(&key, &mut buffer) {
                    Ok(text) if is_wanted(text) => text,
                    Err(source) if is_wanted(&Keys::shown(&key)) => return Err(on(event, source)),
                    _ => continue,
                };
                let row = match batch.rows.get_index_of(text) {
                    Some(row) => row,
                    None => batch.rows.insert_full(text.into(), Touched::unknown(key)).0,
                };
                if !batch.steps[first..].contains(&(at, row)) {
                    batch.steps.push((at, row));
                }
            }
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
            let row: R = loaded(json, keys).map_err(|fault| keys.unreadable(&fault, json))?;
            let text = keys.text(&row.row_key(), &mut buffer)?;
            let touched = self.rows.get_mut(text).ok_or_else(|| keys.unexpected_key(text))?;
            touched.found(Some(row));
        }
        for touched in self.rows.values_mut().filter(|touched| !touched.known) {
            touched.found(None);
        }
        Ok(())
    }

    /// Splits the steps into ranges that are folded and written one after the other. It is one range, unless the
    /// store may return other rows than were written: then no range has two events of one row.
    pub(super) fn ranges(&self, keys: &Keys) -> Vec<Range<usize>> {
        let end = self.steps.len();
        if keys.form.is_known {
            return std::iter::once(0..end).collect();
        }
        let (mut ranges, mut start, mut seen) = (Vec::new(), 0, HashSet::new());
        for (step, &(_, row)) in self.steps.iter().enumerate() {
            if !seen.insert(row) {
                ranges.push(start..step);
                start = step;
                seen.clear();
                seen.insert(row);
            }
        }
        ranges.push(start..end);
        ranges
    }

    /// Folds a range of the steps, in order.
    pub(super) fn fold<E>(
        &mut self,
        events: &[Recorded<E>],
        range: Range<usize>,
        keys: &Keys,
    ) -> Result<(), FoldError>
    where
        R: FoldMany<E>,
    {
        for &(at, row) in &self.steps[range] {
            self.rows[row].step(at, &events[at], keys)?;
        }
        Ok(())
    }

    /// The changes to write: the last state of each row that changed, and nothing for a row that was inserted and
    /// deleted within the range.
    pub(super) fn changes(&mut self, keys: &Keys) -> Result<Changes, ProjectionError> {
        let mut changes = Changes::default();
        for (text, touched) in self.rows.iter_mut().filter(|(_, touched)| touched.changed_by.is_some()) {
            match touched.json.take() {
                Some(json) => changes.puts.push(RawValue::from_string(json)?),
                None if touched.existed => changes.deletes.push(keys.object(text)?),
                None => {}
            }
        }
        Ok(changes)
    }

    /// The keys of the rows that were put, in the form in which a store expects them.
    pub(super) fn put_keys(&self, keys: &Keys) -> Result<Vec<Box<RawValue>>, RowKeyError> {
        let put =
            self.rows.iter().filter(|(_, touched)| touched.changed_by.is_some() && touched.row.is_some());
        put.map(|(text, _)| keys.object(text)).collect()
    }

    /// Takes the rows that were put as the store returns them: these are folded on.
    pub(super) fn reload<E>(
        &mut self,
        rows: &[Box<RawValue>],
        events: &[Recorded<E>],
        keys: &Keys,
    ) -> Result<(), ProjectionError> {
        for touched in self.rows.values_mut().filter(|touched| touched.changed_by.is_some()) {
            touched.row = None;
        }
        let mut buffer = Vec::with_capacity(64);
        for json in rows {
            let stored = match loaded::<R>(json, keys) {
                Ok(row) => row,
                Err(source) => return Err(self.unreadable(json, source, events, keys)),
            };
            let text = keys.text(&stored.row_key(), &mut buffer)?;
            match self.rows.get_mut(text) {
                Some(touched) if touched.key == stored.row_key() => touched.row = Some(stored),
                _ => return Err(keys.unexpected_key(text)),
            }
        }
        Ok(())
    }

    /// The error of a row that was put and that cannot be read: it belongs to the event that made the row.
    fn unreadable<E>(
        &self,
        json: &RawValue,
        source: RowFault,
        events: &[Recorded<E>],
        keys: &Keys,
    ) -> ProjectionError {
        let key = keys.key_of_row(json);
        let touched = key.as_deref().and_then(|key| self.rows.get(key));
        match touched.and_then(|touched| events.get(touched.changed_by?)).zip(key) {
            Some((event, key)) => {
                let (table, event) = (keys.table.name.clone(), Box::new(event.context.clone()));
                FoldError::Row { table, event, key, source }.into()
            }
            None => keys.unreadable(&source, json),
        }
    }

    /// Ends a range: its changes are written.
    pub(super) fn written(&mut self) {
        for touched in self.rows.values_mut().filter(|touched| touched.changed_by.is_some()) {
            touched.existed = touched.row.is_some();
            (touched.changed_by, touched.json) = (None, None);
        }
    }
}
impl<R: ReadModel> Touched<R> {
    fn unknown(key: R::Key) -> Self {
        Self { key, row: None, json: None, known: false, existed: false, changed_by: None }
    }

    fn found(&mut self, row: Option<R>) {
        self.known = true;
        self.existed = row.is_some();
        self.row = row;
    }

    /// Folds one event into the row. The row is cloned, because [`Change::Keep`] must leave it unchanged.
    fn step<E>(&mut self, index: usize, event: &Recorded<E>, keys: &Keys) -> Result<(), FoldError>
    where
        R: FoldMany<E>,
    {
        match change(&self.key, self.row.clone(), event, keys)? {
            Change::Keep => {}
            Change::Put(Stored { row, json }) => {
                (self.row, self.json) = (Some(row), Some(json));
                self.changed_by = Some(index);
            }
            Change::Delete => {
                if self.row.take().is_some() {
                    self.json = None;
                    self.changed_by = Some(index);
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
pub(super) mod tests;
