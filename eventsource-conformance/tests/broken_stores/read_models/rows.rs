//! Stores that change rows or do not find them.

use async_trait::async_trait;
use eventsource::{
    MemoryStore, Timestamp,
    memory::MemoryTransaction,
    store::{GenerationId, ReadModelStore, ReadModelTable, ReadModelTransaction},
};
use serde_json::{
    Value, json,
    value::{RawValue, to_raw_value},
};

use super::{flaw::Flaw, flaws};
use crate::broken::Asked;

flaws! {
    a_store_that_loads_nothing: LoadsNothing => [
        rows_are_found_and_loaded_by_key,
        generations_have_separate_rows,
    ],
    a_store_that_loads_what_is_committed: LoadsCommitted => [a_transaction_sees_what_it_wrote],
    a_store_that_keeps_the_first_row: KeepsTheFirst => [
        a_row_replaces_the_one_with_its_key,
        the_last_of_several_writes_of_one_key_stays,
    ],
    a_store_that_deletes_nothing: Writes(|_, deletes| deletes.clear()) => [
        rows_are_deleted_by_key,
        a_transaction_sees_what_it_wrote,
        two_thousand_rows_fit_in_one_batch,
    ],
    a_store_with_keys_of_one_column: FirstKeyColumn => [keys_may_have_several_columns],
    a_store_that_escapes_quotes_twice: Writes(|puts, _| changed(puts, |value| {
        if let Value::String(text) = value {
            *text = text.replace('\'', "''");
        }
    })) => [
        texts_stay_as_they_were_written,
        every_kind_of_column_keeps_its_values,
    ],
    a_store_where_the_empty_text_is_nothing: Writes(|puts, _| {
        puts.retain(|row| row["id"] != json!(""));
    }) => [texts_stay_as_they_were_written],
    a_store_where_numbers_are_floating: Writes(|puts, _| changed(puts, |value| match value {
        Value::Number(number) if number.is_u64() && number.as_u64() > Some(1 << 53) => {
            *value = json!(number.as_f64());
        }
        _ => {}
    })) => [numbers_stay_as_they_were_written],
    a_store_that_keeps_times_to_the_millisecond: Writes(|puts, _| changed(puts, |value| {
        if let Ok(time) = serde_json::from_value::<Timestamp>(value.clone()) {
            let cut = Timestamp::from_microsecond(time.as_microsecond() / 1000 * 1000);
            *value = json!(cut.expect("a time"));
        }
    })) => [each_time_in_a_column_is_kept_to_the_microsecond],
    a_store_that_flattens_what_is_nested: Writes(|puts, _| changed(puts, |value| match value {
        Value::Array(list) if list.len() == 1 => *value = list.remove(0),
        _ => {}
    })) => [json_of_any_form_is_kept],
    a_store_where_nothing_is_null: Writes(|puts, _| changed(puts, |value| {
        if value.is_null() {
            *value = json!("");
        }
    })) => [
        a_column_may_be_null_where_it_says_so,
        a_column_is_not_null_where_it_does_not_say_so,
        every_kind_of_column_keeps_its_values,
    ],
    a_store_that_writes_a_thousand_rows_at_most: Writes(|puts, _| puts.truncate(1_000)) => [
        two_thousand_rows_fit_in_one_batch,
    ],
    a_store_that_orders_keys_as_texts: AsTexts => [all_rows_are_ordered_by_key],
    a_store_that_checks_no_table: ChecksNothing => [a_table_that_is_not_as_expected_is_named],
}

/// Changes each value of the rows, inner values first.
fn changed(rows: &mut [Value], change: fn(&mut Value)) {
    for value in rows {
        match value {
            Value::Array(list) => changed(list, change),
            Value::Object(fields) => {
                fields.values_mut().for_each(|field| changed(std::slice::from_mut(field), change))
            }
            _ => {}
        }
        change(value);
    }
}

fn raws(values: &[Value]) -> Vec<Box<RawValue>> {
    values.iter().map(|value| to_raw_value(value).expect("a value is JSON")).collect()
}

fn values(raws: &[Box<RawValue>]) -> Vec<Value> {
    raws.iter().map(|raw| serde_json::from_str(raw.get()).expect("JSON")).collect()
}

fn key_of(table: &ReadModelTable, row: &RawValue) -> Box<RawValue> {
    let row: Value = serde_json::from_str(row.get()).expect("JSON");
    let key: serde_json::Map<_, _> =
        table.key_columns().map(|column| (column.name.clone(), row[&column.name].clone())).collect();
    to_raw_value(&key).expect("a value is JSON")
}

struct LoadsNothing;

#[async_trait]
impl Flaw for LoadsNothing {
    async fn load_rows(
        &self,
        _: &MemoryStore,
        _: &mut MemoryTransaction,
        _: &ReadModelTable,
        _: &[Box<RawValue>],
    ) -> Asked<Vec<Box<RawValue>>> {
        Ok(Vec::new())
    }
}

struct LoadsCommitted;

#[async_trait]
impl Flaw for LoadsCommitted {
    async fn load_rows(
        &self,
        store: &MemoryStore,
        _: &mut MemoryTransaction,
        table: &ReadModelTable,
        keys: &[Box<RawValue>],
    ) -> Asked<Vec<Box<RawValue>>> {
        let mut rows = Vec::new();
        for key in keys {
            rows.extend(store.find_row(table, key).await?);
        }
        Ok(rows)
    }
}

struct KeepsTheFirst;

#[async_trait]
impl Flaw for KeepsTheFirst {
    async fn write_rows(
        &self,
        _: &MemoryStore,
        transaction: &mut MemoryTransaction,
        table: &ReadModelTable,
        puts: &[Box<RawValue>],
        deletes: &[Box<RawValue>],
    ) -> Asked<()> {
        for row in puts {
            let key = key_of(table, row);
            if transaction.load_rows(table, &[key]).await?.is_empty() {
                transaction.write_rows(table, std::slice::from_ref(row), &[]).await?;
            }
        }
        transaction.write_rows(table, &[], deletes).await
    }
}

/// Writes other rows than the given ones.
struct Writes(fn(&mut Vec<Value>, &mut Vec<Value>));

#[async_trait]
impl Flaw for Writes {
    async fn write_rows(
        &self,
        _: &MemoryStore,
        transaction: &mut MemoryTransaction,
        table: &ReadModelTable,
        puts: &[Box<RawValue>],
        deletes: &[Box<RawValue>],
    ) -> Asked<()> {
        let (mut puts, mut deletes) = (values(puts), values(deletes));
        (self.0)(&mut puts, &mut deletes);
        transaction.write_rows(table, &raws(&puts), &raws(&deletes)).await
    }
}

struct FirstKeyColumn;

#[async_trait]
impl Flaw for FirstKeyColumn {
    async fn write_rows(
        &self,
        _: &MemoryStore,
        transaction: &mut MemoryTransaction,
        table: &ReadModelTable,
        puts: &[Box<RawValue>],
        deletes: &[Box<RawValue>],
    ) -> Asked<()> {
        let mut table = table.clone();
        table.columns.iter_mut().filter(|column| column.key).skip(1).for_each(|column| column.key = false);
        transaction.write_rows(&table, puts, deletes).await
    }
}

struct AsTexts;

#[async_trait]
impl Flaw for AsTexts {
    async fn all_rows(&self, store: &MemoryStore, table: &ReadModelTable) -> Asked<Vec<Box<RawValue>>> {
        let mut rows = store.all_rows(table).await?;
        rows.sort_by_key(|row| key_of(table, row).get().to_owned());
        Ok(rows)
    }
}

struct ChecksNothing;

#[async_trait]
impl Flaw for ChecksNothing {
    async fn check_table(&self, _: &MemoryStore, _: GenerationId, _: &ReadModelTable) -> Asked<()> {
        Ok(())
    }
}
