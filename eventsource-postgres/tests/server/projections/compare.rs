//! Comparison of a building generation with the live one.

use eventsource_core::{
    Position,
    store::{GenerationRequest, ProjectionStore},
};

use super::{claim_partition, create_generation, process_batch, rebuild};
use crate::support::{database, open};

const TABLES: &str = "create table balances (branch int, account text, amount numeric, notes json, primary key (branch, account));
     create table bag (n int); create table other (n int primary key)";

#[tokio::test]
async fn differing_rows_are_counted_and_named_by_their_keys() {
    let database = database().await;
    let store = open(database.url()).await;
    let live = create_generation(&store, "balances", GenerationRequest::Start, TABLES).await;
    process_batch(
        &store,
        &claim_partition(&store, live).await,
        7,
        "insert into balances select n % 2, 'it''s ' || n, n, '{}' from generate_series(1, 40) n;
         insert into bag values (1), (1), (2); insert into other values (1), (2)",
    )
    .await;
    let building = create_generation(
        &store,
        "balances",
        rebuild(false),
        &format!("{TABLES}; alter table other add column more text; create table fresh (n int)"),
    )
    .await;
    let lease = claim_partition(&store, building).await;
    process_batch(
        &store,
        &lease,
        5,
        "insert into balances select n % 2, 'it''s ' || n, n, '{}' from generate_series(1, 40) n;
         insert into bag values (2), (1), (1); insert into other values (1), (2)",
    )
    .await;
    let equal = store.compare(building).await.expect("compared");
    assert_eq!((equal.live, equal.building), (Position::new(7), Position::new(5)));
    assert_eq!(
        equal.tables.iter().map(|t| t.table.as_str()).collect::<Vec<_>>(),
        ["bag", "balances", "fresh", "other"]
    );
    assert!(equal.is_equal(), "{equal:?}");

    process_batch(
        &store,
        &lease,
        6,
        "update balances set amount = 0 where branch = 1; delete from balances where account = 'it''s 2';
         insert into balances values (9, 'new', 1, null);
         delete from bag where n = 2; insert into bag values (1), (3); insert into other values (3); insert into fresh values (1)",
    )
    .await;
    let differ = store.compare(building).await.expect("compared").tables;
    assert_eq!(
        differ.iter().map(|t| (t.live_rows, t.building_rows, t.differing)).collect::<Vec<_>>(),
        [(3, 4, 3), (40, 40, 22), (0, 1, 1), (2, 3, 1)]
    );
    assert_eq!(differ[1].keys.len(), 10);
    assert_eq!(differ[1].keys[0], r#"{"branch":0,"account":"it's 2"}"#);
    assert_eq!(differ[1].keys[1], r#"{"branch":1,"account":"it's 1"}"#);
    assert_eq!(differ[3].keys, [r#"{"n":3}"#]);
    store.compare(live).await.expect_err("it is not building");
}
