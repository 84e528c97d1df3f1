//! Projections with SQL statements of their own, built next to the live ones with the same table names.

use eventsource::{
    Position,
    store::{GenerationRequest, GenerationState, ProjectionStore, StoreError, StoreTransaction},
};
use eventsource_sqlite::ProjectionFault;

use crate::support::{
    append, begin, claim, create_generation, execute, full_text, read, rebuild, run, run_batch, store, swap,
};

const SETUP: &str = "
    create table if not exists balances (account text primary key, amount integer not null);
    create index if not exists by_amount on balances (amount);
    create table sums (one integer primary key check (one = 1), sum integer not null);
    insert into sums values (1, 0);
    create trigger summing after insert on balances
    begin update sums set sum = sum + new.amount; end;
    create view rich as select account from balances where amount >= 100";

const BALANCES: &str = "select account || ' ' || amount from balances order by account";

#[tokio::test]
async fn a_generation_is_built_next_to_the_live_one_with_the_same_table_names() {
    let (store, directory) = store().await;
    let directory = directory.path();
    let live = create_generation(&store, GenerationRequest::Start, SETUP).await;
    let lease = claim(&store, live).await;
    run_batch(&store, &lease, 1, "insert into balances values ('a', 1), ('b', 100)").await;

    let building = create_generation(&store, rebuild(true), SETUP).await;
    let building_lease = claim(&store, building).await;
    for amount in [50, 200] {
        let upsert = format!(
            "insert into balances values ('a', {amount}) on conflict (account) do update set amount = excluded.amount"
        );
        run_batch(&store, &building_lease, 1, &upsert).await;
    }
    assert_eq!(read(directory, BALANCES).await, ["a 1", "b 100"], "the building table is not read");
    assert_eq!(read(directory, "select cast(sum as text) from sums").await, ["101"]);
    assert_eq!(read(directory, "select account from rich").await, ["b"]);
    // The live generation continues meanwhile.
    run_batch(&store, &lease, 1, "insert into balances values ('c', 3)").await;

    swap(&store, building, true).await;
    assert_eq!(read(directory, BALANCES).await, ["a 200"]);
    assert_eq!(read(directory, "select cast(sum as text) from sums").await, ["50"], "its own trigger");
    assert_eq!(read(directory, "select account from rich").await, ["a"]);
    let indexes = "select count(*) || '' from pragma_index_list('balances') where origin = 'c'";
    assert_eq!(read(directory, indexes).await, ["1"]);
    run_batch(&store, &building_lease, 2, "insert into balances values ('d', 4)").await;
    assert_eq!(read(directory, "select cast(sum as text) from sums").await, ["54"]);

    // Swap back.
    assert!(store.revive(live).await.expect("an answer"));
    store.release(&lease).await.expect("released");
    let lease = claim(&store, live).await;
    run_batch(&store, &lease, 2, "insert into balances values ('e', 5)").await;
    swap(&store, live, false).await;
    assert_eq!(read(directory, BALANCES).await, ["a 1", "b 100", "c 3", "e 5"]);
    assert_eq!(read(directory, "select cast(sum as text) from sums").await, ["109"]);
    let all = store.generations().await.expect("the generations");
    assert_eq!(all.iter().map(|it| (it.id, it.state)).collect::<Vec<_>>(), [(live, GenerationState::Live)]);
    let left =
        format!("select name from sqlite_schema where name like 'eventsource\\_{building}\\_%' escape '\\'");
    assert_eq!(read(directory, &left).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_view_of_the_application_reads_the_live_table() {
    let (store, directory) = store().await;
    create_generation(&store, GenerationRequest::Start, SETUP).await;
    run(directory.path(), "create view everyone as select account from balances").await;
    let building = create_generation(&store, rebuild(true), SETUP).await;
    let lease = claim(&store, building).await;
    run_batch(&store, &lease, 1, "insert into balances values ('new', 1)").await;
    assert_eq!(read(directory.path(), "select account from everyone").await, Vec::<String>::new());
    swap(&store, building, true).await;
    assert_eq!(read(directory.path(), "select account from everyone").await, ["new"]);
}

#[tokio::test]
async fn a_generation_built_by_name_is_swapped_and_promoted_in_one_transaction() {
    let (store, directory) = store().await;
    create_generation(&store, GenerationRequest::Start, SETUP).await;
    let building = create_generation(&store, rebuild(false), SETUP).await;
    let lease = claim(&store, building).await;
    let begun = store.begin_promotion(&lease).await.expect("begun");
    let (mut transaction, _) = begun.expect("the lease is held");
    execute(&mut transaction, "insert into balances values ('last', 1)").await;
    transaction.advance(&lease, Position::new(1), 1).await.expect("advanced");
    transaction.swap(building, false).await.expect("swapped");
    transaction.promote(&lease).await.expect("promoted");
    transaction.commit().await.expect("committed");
    assert_eq!(read(directory.path(), BALANCES).await, ["last 1"]);
    let (mut transaction, receipts, _) = store.begin_append(append(), &[building]).await.expect("accepted");
    transaction.enter(building).await.expect("it is inline");
    execute(&mut transaction, "insert into balances values ('with', 2)").await;
    transaction.commit().await.expect("committed");
    assert_eq!(receipts.len(), 1);
    assert_eq!(read(directory.path(), BALANCES).await, ["last 1", "with 2"]);
}

#[tokio::test]
async fn objects_that_a_new_version_no_longer_has_are_dropped_with_the_old_one() {
    let (store, directory) = store().await;
    create_generation(&store, GenerationRequest::Start, SETUP).await;
    let building =
        create_generation(&store, rebuild(false), "create table balances (account text, currency text)")
            .await;
    let lease = claim(&store, building).await;
    run_batch(&store, &lease, 1, "insert into balances select 'a', 'eur'").await;
    swap(&store, building, false).await;
    assert_eq!(read(directory.path(), "select currency from balances").await, ["eur"]);
    let others = "select name from sqlite_schema where name in ('sums', 'rich') or type = 'trigger' and name not like 'eventsource%'";
    assert_eq!(read(directory.path(), others).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_transaction_that_is_dropped_while_building_leaves_the_names_as_they_were() {
    let (store, directory) = store().await;
    let live = create_generation(&store, GenerationRequest::Start, SETUP).await;
    let live = claim(&store, live).await;
    run_batch(&store, &live, 1, "insert into balances values ('a', 1)").await;
    let building = create_generation(&store, rebuild(false), SETUP).await;
    let lease = claim(&store, building).await;
    for rolled_back in [true, false] {
        let mut transaction = begin(&store, &lease).await;
        execute(&mut transaction, "insert into balances values ('b', 2)").await;
        match rolled_back {
            true => transaction.roll_back().await.expect("rolled back"),
            false => drop(transaction),
        }
        run_batch(&store, &live, 1, "update balances set amount = amount + 1").await;
    }
    assert_eq!(read(directory.path(), BALANCES).await, ["a 3"]);
    run_batch(&store, &lease, 1, "insert into balances values ('b', 2)").await;
    swap(&store, building, false).await;
    assert_eq!(read(directory.path(), BALANCES).await, ["b 2"]);
}

#[tokio::test]
async fn a_table_that_setup_did_not_make_cannot_be_written_while_building() {
    let (store, directory) = store().await;
    run(directory.path(), "create table foreign_table (n integer)").await;
    create_generation(&store, GenerationRequest::Start, SETUP).await;
    let building = create_generation(&store, rebuild(false), SETUP).await;
    let lease = claim(&store, building).await;
    let mut transaction = begin(&store, &lease).await;
    execute(&mut transaction, "insert into balances values ('a', 1); insert into foreign_table values (1)")
        .await;
    let error = transaction.advance(&lease, Position::new(1), 1).await.expect_err("refused");
    assert!(
        full_text(&error).contains("writes to foreign_table, which its `setup` did not create"),
        "{}",
        full_text(&error)
    );
    transaction.roll_back().await.expect("rolled back");
    let count = "select count(*) || '' from foreign_table";
    assert_eq!(read(directory.path(), count).await, ["0"]);
}

/// Its first batch is refused with a retryable error, and on the retry its writes are detected.
#[tokio::test]
async fn statements_of_a_projection_without_a_setup_do_not_reach_the_live_table_while_building() {
    let (store, directory) = store().await;
    run(directory.path(), "create table foreign_table (n integer)").await;
    create_generation(&store, GenerationRequest::Start, "").await;
    let building = create_generation(&store, rebuild(false), "").await;
    let lease = claim(&store, building).await;
    for retryable in [true, false] {
        let mut transaction = begin(&store, &lease).await;
        execute(&mut transaction, "insert into foreign_table values (1)").await;
        let error = transaction.advance(&lease, Position::new(1), 1).await.expect_err("refused");
        assert_eq!(error.is_retryable(), retryable, "{}", full_text(&error));
        transaction.roll_back().await.expect("rolled back");
    }
    assert_eq!(read(directory.path(), "select count(*) || '' from foreign_table").await, ["0"]);
}

#[tokio::test]
async fn a_projection_that_ends_its_transaction_moves_no_checkpoint() {
    let (store, _directory) = store().await;
    let live = create_generation(&store, GenerationRequest::Start, SETUP).await;
    let lease = claim(&store, live).await;
    for end in ["commit", "rollback"] {
        let mut transaction = begin(&store, &lease).await;
        execute(&mut transaction, &format!("insert into balances values ('{end}', 1); {end}")).await;
        let error = transaction.advance(&lease, Position::new(1), 1).await.expect_err("refused");
        let StoreError::Backend { source, .. } = &error else { panic!("{error:?}") };
        assert!(matches!(source.downcast_ref(), Some(ProjectionFault::Ended)), "{error:?}");
        transaction.roll_back().await.expect("there is nothing to roll back");
    }
    run_batch(&store, &lease, 1, "insert into balances values ('a', 1)").await;
    let generations = store.generations().await.expect("the generations");
    assert_eq!((generations[0].position(), generations[0].checkpoints[0].events), (Position::new(1), 1));
}

#[tokio::test]
async fn a_view_keeps_its_triggers_while_another_is_built_and_after_the_swap() {
    const SETUP: &str = "
        create table pairs (a integer, b integer);
        create view firsts as select a from pairs -- and nothing else;
        ;
        create trigger adding instead of insert on firsts begin insert into pairs values (new.a, 0); end;
        create trigger removing instead of delete on firsts begin delete from pairs where a = old.a; end";
    let (store, directory) = store().await;
    let directory = directory.path();
    let live = create_generation(&store, GenerationRequest::Start, SETUP).await;
    let lease = claim(&store, live).await;
    let building = create_generation(&store, rebuild(true), SETUP).await;
    let building_lease = claim(&store, building).await;
    run_batch(&store, &building_lease, 1, "insert into firsts values (7), (8)").await;
    run_batch(&store, &lease, 1, "insert into firsts values (1), (2); delete from firsts where a = 1").await;
    assert_eq!(read(directory, "select a || '' from pairs").await, ["2"]);
    swap(&store, building, true).await;
    run_batch(&store, &building_lease, 2, "delete from firsts where a = 7").await;
    assert_eq!(read(directory, "select a || '' from pairs").await, ["8"]);
    // Swap back.
    assert!(store.revive(live).await.expect("an answer"));
    let lease = claim(&store, live).await;
    run_batch(&store, &lease, 2, "insert into firsts values (3)").await;
    swap(&store, live, false).await;
    assert_eq!(read(directory, "select a || '' from pairs order by a").await, ["2", "3"]);
    assert_eq!(
        read(
            directory,
            "select name from sqlite_schema where type = 'trigger' and name not like 'eventsource%'"
        )
        .await
        .len(),
        2
    );
}
