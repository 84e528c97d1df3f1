//! One event on one row. The row that is folded on is read back from the form in which it is stored, so the result does
//! not depend on how long a worker keeps rows in memory, and a row that cannot be read is refused at its event.

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::{
    Recorded,
    json::{read_with_path, without_values},
    projection::{Change, FoldError, FoldMany, ReadModel, RowFault, RowKeyError, key::Keys, row_form::Unfit},
};

/// A row, and the form in which it is stored.
pub(in crate::projection) struct Stored<R> {
    pub(in crate::projection) row: R,
    pub(in crate::projection) json: String,
}

/// The change that one event makes to the row with this key. The row must keep its key.
pub(in crate::projection) fn change<R: FoldMany<E>, E>(
    key: &R::Key,
    row: Option<R>,
    event: &Recorded<E>,
    keys: &Keys,
) -> Result<Change<Stored<R>>, FoldError> {
    let put = match R::fold(key, row, event) {
        Change::Put(put) => put,
        Change::Keep => return Ok(Change::Keep),
        Change::Delete => return Ok(Change::Delete),
    };
    let put_key = put.row_key();
    if put_key != *key {
        return Err(FoldError::OtherKey {
            table: keys.table.name.clone(),
            event: Box::new(event.context.clone()),
            key: Keys::shown(key),
            made: Keys::shown(&put_key),
        });
    }
    let stored = stored(&put, key, keys).map_err(|source| FoldError::Row {
        table: keys.table.name.clone(),
        event: Box::new(event.context.clone()),
        key: Keys::shown(key),
        source,
    });
    stored.map(Change::Put)
}

fn stored<R: ReadModel>(row: &R, key: &R::Key, keys: &Keys) -> Result<Stored<R>, RowFault> {
    let json = serde_json::to_string(row).map_err(|error| RowFault::Encode(without_values(error)))?;
    let json = match keys.form.normalized(&json).map_err(unfit)? {
        Cow::Owned(normalized) => normalized,
        Cow::Borrowed(_) => json,
    };
    let row: R = read(&json)?;
    let stored = row.row_key();
    if stored != *key {
        return Err(RowFault::Key { stored: Keys::shown(&stored) });
    }
    Ok(Stored { row, json })
}

/// Reads a row that a store returned.
pub(super) fn loaded<R: ReadModel>(json: &RawValue, keys: &Keys) -> Result<R, RowFault> {
    read(&keys.form.loaded(json).map_err(unfit)?)
}

fn unfit(Unfit { column, fault }: Unfit) -> RowFault {
    RowFault::Value { column, fault: fault.to_string() }
}

fn read<R: ReadModel>(json: &str) -> Result<R, RowFault> {
    read_with_path(json).map_err(|(path, source)| RowFault::Decode { path, source })
}

/// Adds the event to the error.
pub(in crate::projection) fn on<E>(event: &Recorded<E>, source: RowKeyError) -> FoldError {
    FoldError::Key { event: Box::new(event.context.clone()), source }
}
