//! The tables of a generation, and how two generations differ.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, value::RawValue};

use super::key::RowKey;
use eventsource_core::store::{ReadModelTable, TableDifference};

pub(super) type Rows = BTreeMap<RowKey, Box<RawValue>>;

/// Changed rows: `None` is a deleted row.
pub(super) type RowChanges = BTreeMap<RowKey, Option<Box<RawValue>>>;

/// How many differing keys are listed.
const NAMED_KEYS: usize = 10;

#[derive(Debug, Default)]
pub(super) struct Tables(BTreeMap<String, Table>);

#[derive(Debug, Default)]
struct Table {
    set_up: Option<ReadModelTable>,
    rows: Rows,
}

impl Tables {
    pub(super) fn rows(&self, table: &str) -> Option<&Rows> {
        self.0.get(table).map(|table| &table.rows)
    }

    pub(super) fn set_up(&mut self, table: ReadModelTable) {
        let name = table.name.clone();
        self.0.entry(name).or_default().set_up = Some(table);
    }

    pub(super) fn change(&mut self, table: String, changes: RowChanges) {
        let rows = &mut self.0.entry(table).or_default().rows;
        for (key, row) in changes {
            match row {
                Some(row) => rows.insert(key, row),
                None => rows.remove(&key),
            };
        }
    }

    /// The first difference between the table and the expected one.
    pub(super) fn fault(&self, expected: &ReadModelTable) -> Option<String> {
        let name = &expected.name;
        let Some(table) = self.0.get(name).and_then(|table| table.set_up.as_ref()) else {
            return Some(format!("there is no table `{name}`"));
        };
        let differs = expected.columns.iter().find(|column| !table.columns.contains(column))?;
        let found = table.columns.iter().find(|column| column.name == differs.name);
        let found = found.map_or("missing".to_owned(), |column| format!("{column:?}"));
        Some(format!("column `{}` of table `{name}` is {found}, but {differs:?} is expected", differs.name))
    }

    /// Whether a table has the same key columns in both generations, and whether it has the same columns. A table that
    /// was never set up has no columns to compare.
    fn shares(&self, building: &Self, name: &str) -> (bool, bool) {
        let set_up = |tables: &Self| tables.0.get(name).and_then(|table| table.set_up.clone());
        let (Some(live), Some(building)) = (set_up(self), set_up(building)) else { return (true, true) };
        let names = |table: &ReadModelTable, keys_only: bool| {
            let columns = table.columns.iter().filter(|column| column.key || !keys_only);
            columns.map(|column| column.name.clone()).collect::<BTreeSet<_>>()
        };
        (names(&live, true) == names(&building, true), names(&live, false) == names(&building, false))
    }

    pub(super) fn differences(&self, building: &Self) -> Vec<TableDifference> {
        let names: BTreeSet<_> = self.0.keys().chain(building.0.keys()).collect();
        let none = Rows::new();
        let difference = |name: &String| {
            let (same_key, same_columns) = self.shares(building, name);
            let (live, building) = (self.rows(name).unwrap_or(&none), building.rows(name).unwrap_or(&none));
            let keys: BTreeSet<_> = live.keys().chain(building.keys()).collect();
            let differs = |key: &&RowKey| match same_columns {
                true => !equal(row(live, key), row(building, key)),
                // Other columns than the live ones: only which rows there are can be compared.
                false => !live.contains_key(key) || !building.contains_key(key),
            };
            let differing: Vec<_> = match same_key {
                true => keys.into_iter().filter(differs).collect(),
                false => live.keys().chain(building.keys()).collect(),
            };
            TableDifference {
                table: name.clone(),
                live_rows: live.len() as u64,
                building_rows: building.len() as u64,
                differing: differing.len() as u64,
                keys: differing.iter().take(NAMED_KEYS).map(|key| key.json().to_owned()).collect(),
            }
        };
        names.into_iter().map(difference).collect()
    }
}

fn row<'a>(rows: &'a Rows, key: &RowKey) -> Option<&'a RawValue> {
    rows.get(key).map(|row| &**row)
}

/// Equal as JSON: the order of fields is irrelevant.
fn equal(one: Option<&RawValue>, other: Option<&RawValue>) -> bool {
    let (Some(one), Some(other)) = (one, other) else { return one.is_none() && other.is_none() };
    let value = |row: &RawValue| serde_json::from_str::<Value>(row.get()).ok();
    one.get() == other.get() || value(one) == value(other)
}
