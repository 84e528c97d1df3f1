//! The comparison of a building generation with the live one.

use eventsource::{
    Position,
    store::{Comparison, Lease, ReadModelStore, TableDifference},
};
use serde_json::{Value, json, value::RawValue};

use crate::support::{ReadModels, balances, row};

async fn compared<S: ReadModelStore>(
    store: &ReadModels<S>,
    live: &[Box<RawValue>],
    built: &[Box<RawValue>],
) -> (Comparison, TableDifference) {
    let generation = store.make(&balances()).await;
    let of_live: Lease = store.lease(generation).await;
    store.apply(&of_live, 7, live).await;
    let building = store.rebuild().await;
    let of_building = store.lease(building).await;
    store.apply(&of_building, 5, built).await;
    let comparison = store.compare(building).await.expect("the store can be read");
    let [table] = comparison.tables.clone().try_into().expect("one table");
    assert_eq!(table.table, "accounts");
    (comparison, table)
}

fn keys(table: &TableDifference) -> Vec<Value> {
    table.keys.iter().map(|key| serde_json::from_str(key).expect("a key is JSON")).collect()
}

pub(crate) async fn equal_rows_compare_as_equal<S: ReadModelStore>(store: ReadModels<S>) {
    let rows = [row("a", 1), row("b", i64::MIN)];
    let (comparison, table) = compared(&store, &rows, &rows).await;
    assert_eq!((table.live_rows, table.building_rows, table.differing), (2, 2, 0));
    assert_eq!(table.keys, Vec::<String>::new());
    assert!(comparison.is_equal());
}

pub(crate) async fn differing_rows_are_counted_and_named<S: ReadModelStore>(store: ReadModels<S>) {
    let (comparison, table) = compared(
        &store,
        &[row("a", 1), row("changed", 1), row("only live", 1)],
        &[row("a", 1), row("changed", 2), row("only built", 1), row("o'b \"x\"", 1)],
    )
    .await;
    assert_eq!((table.live_rows, table.building_rows, table.differing), (3, 4, 4));
    let mut named = keys(&table);
    named.sort_by_key(Value::to_string);
    let mut expected = ["changed", "o'b \"x\"", "only built", "only live"].map(|id| json!({ "id": id }));
    expected.sort_by_key(Value::to_string);
    assert_eq!(named, expected);
    assert!(!comparison.is_equal());
}

pub(crate) async fn at_most_ten_differing_keys_are_named_in_order<S: ReadModelStore>(store: ReadModels<S>) {
    let rows: Vec<_> = (0..25).map(|n| row(&format!("account{n:03}"), n)).collect();
    let (_, table) = compared(&store, &rows[..3], &rows).await;
    assert_eq!((table.live_rows, table.building_rows, table.differing), (3, 25, 22));
    let expected: Vec<_> = (3..13).map(|n| json!({ "id": format!("account{n:03}") })).collect();
    assert_eq!(keys(&table), expected);
}

pub(crate) async fn a_comparison_reports_the_position_of_each_generation<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let (comparison, _) = compared(&store, &[], &[]).await;
    assert_eq!((comparison.live, comparison.building), (Position::new(7), Position::new(5)));
    assert!(comparison.is_equal(), "no rows are equal to no rows");
}
