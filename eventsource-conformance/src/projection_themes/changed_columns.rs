//! A generation whose table has other columns than the live one: it is checked, filled, compared and swapped on its own
//! table.

use eventsource::store::{
    Column, ColumnKind, GenerationId, GenerationRequest, GenerationState, Lease, ReadModelStore,
    ReadModelTable, StoreTransaction, TableDifference,
};
use serde_json::{Value, json};

use crate::support::{ReadModels, accounts, column, definition, key, raw, row, table};

/// A change of the columns of [`accounts`] by a new version of a read model. Each has a projection of its own.
struct Change {
    old: ReadModelTable,
    new: ReadModelTable,
    /// A row of the new table.
    row: Value,
    /// Whether the live table lacks what the new version needs.
    live_lacks: bool,
    /// Whether the new table lacks what the old version needs.
    new_lacks: bool,
}

fn change(name: &str, columns: Vec<Column>, row: Value, (live_lacks, new_lacks): (bool, bool)) -> Change {
    let old = ReadModelTable { name: name.to_owned(), ..accounts() };
    Change { old, new: table(name, columns), row, live_lacks, new_lacks }
}

fn changes() -> [Change; 5] {
    let (id, balance) = (|| key("id", ColumnKind::Text), || column("balance", ColumnKind::Int64));
    [
        change(
            "with_a_column_more",
            vec![id(), balance(), column("iban", ColumnKind::Text)],
            json!({ "id": "a", "balance": 2, "iban": "DE02" }),
            (true, false),
        ),
        change("with_a_column_less", vec![id()], json!({ "id": "a" }), (false, true)),
        change(
            "with_another_type",
            vec![id(), column("balance", ColumnKind::Text)],
            json!({ "id": "a", "balance": "two" }),
            (true, true),
        ),
        change(
            "with_another_key",
            vec![key("owner", ColumnKind::Int64), balance()],
            json!({ "owner": 7, "balance": 2 }),
            (true, true),
        ),
        change(
            "with_a_wider_key",
            vec![id(), key("month", ColumnKind::Int32), balance()],
            json!({ "id": "a", "month": 5, "balance": 2 }),
            (true, false),
        ),
    ]
}

impl Change {
    fn name(&self) -> &str {
        &self.old.name
    }

    fn new_key(&self) -> Value {
        self.new.key_columns().map(|column| (column.name.clone(), self.row[&column.name].clone())).collect()
    }

    /// Rows of the old table.
    fn old_rows(&self) -> [Value; 2] {
        [json!({ "id": "a", "balance": 1 }), json!({ "id": "b", "balance": 1 })]
    }

    /// A live generation with the old table and two rows, and a building one of the next version with one row.
    async fn pair<S: ReadModelStore>(&self, store: &ReadModels<S>) -> (Lease, Lease) {
        let live = store.make(&definition(self.name(), 1)).await;
        let live = store.lease(live).await;
        store.apply_to(&live, self.name(), 5, &[row("a", 1), row("b", 1)]).await;
        let made = store.made_with(&definition(self.name(), 2), GenerationRequest::Start, &self.new).await;
        let building = store.lease(made.expect("a later version is due")).await;
        let mut transaction = store.begun(&building).await;
        store.write(&mut transaction, &self.new, &[raw(self.row.clone())], &[]).await;
        store.advanced(&mut transaction, &building, 5, 1).await;
        store.committed(transaction).await;
        (live, building)
    }

    async fn assert_table<S: ReadModelStore>(
        &self,
        store: &ReadModels<S>,
        generation: GenerationId,
        table: &ReadModelTable,
        fits: bool,
    ) {
        let checked = store.check_table(generation, table).await;
        assert_eq!(checked.is_ok(), fits, "{} on generation {generation}: {checked:?}", self.name());
    }
}

pub(crate) async fn a_generation_is_checked_on_its_own_table<S: ReadModelStore>(store: ReadModels<S>) {
    for change in changes() {
        let (live, building) = change.pair(&store).await;
        let (live, building) = (live.generation, building.generation);
        change.assert_table(&store, building, &change.new, true).await;
        change.assert_table(&store, live, &change.old, true).await;
        if change.live_lacks {
            change.assert_table(&store, live, &change.new, false).await;
        }
        if change.new_lacks {
            change.assert_table(&store, building, &change.old, false).await;
        }
    }
}

pub(crate) async fn a_generation_is_checked_on_its_own_table_after_a_swap<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    for change in changes() {
        let (old, new) = change.pair(&store).await;
        let (old, new) = (old.generation, new.generation);
        let assert_own = async || {
            change.assert_table(&store, new, &change.new, true).await;
            change.assert_table(&store, old, &change.old, true).await;
            if change.new_lacks {
                change.assert_table(&store, new, &change.old, false).await;
            }
        };
        store.swapped(new, true).await;
        assert_own().await;
        assert!(store.revive(old).await.expect("the store can be written"));
        assert_own().await;
        store.swapped(old, true).await;
        assert_own().await;
        assert!(store.revive(new).await.expect("the store can be written"));
        assert_own().await;
        store.abandon(new).await.expect("the store can be written");
        change.assert_table(&store, new, &change.new, false).await;
        change.assert_table(&store, old, &change.old, true).await;
    }
}

pub(crate) async fn rows_of_changed_columns_are_kept_beside_the_live_ones<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    for change in changes() {
        let (live, building) = change.pair(&store).await;
        assert_eq!(store.rows(&change.old).await, change.old_rows(), "{}", change.name());
        let mut transaction = store.begun(&building).await;
        let found = store.load(&mut transaction, &change.new, &[raw(change.new_key())]).await;
        assert_eq!(found, std::slice::from_ref(&change.row), "{}", change.name());
        transaction.roll_back().await.expect("the connection is open");

        store.swapped(building.generation, true).await;
        assert_eq!(store.rows(&change.new).await, std::slice::from_ref(&change.row), "{}", change.name());
        let found = store.find_row(&change.new, &raw(change.new_key())).await.expect("the table can be read");
        assert!(found.is_some(), "{}", change.name());

        store.release(&live).await.expect("the store can be written");
        assert!(store.revive(live.generation).await.expect("the store can be written"));
        let live = store.lease(live.generation).await;
        let mut transaction = store.begun(&live).await;
        let found = store.load(&mut transaction, &change.old, &[raw(json!({ "id": "b" }))]).await;
        assert_eq!(found, [json!({ "id": "b", "balance": 1 })], "{}", change.name());
        transaction.roll_back().await.expect("the connection is open");
        store.swapped(live.generation, false).await;
        assert_eq!(store.rows(&change.old).await, change.old_rows(), "{}", change.name());
        assert_eq!(store.list().await.iter().filter(|it| it.name == change.name()).count(), 1);
    }
}

pub(crate) async fn tables_of_other_columns_are_compared_by_key<S: ReadModelStore>(store: ReadModels<S>) {
    for change in changes() {
        let (_, building) = change.pair(&store).await;
        let found = store.compare(building.generation).await.expect("the store can be read");
        let [table]: [TableDifference; 1] = found.tables.clone().try_into().expect("one table");
        // The live table has the keys a and b. The building one has a, or no key of the same columns.
        let differing = match change.name() {
            "with_a_column_more" | "with_a_column_less" => 1,
            "with_another_type" => 2,
            _ => 3,
        };
        let counted = (table.live_rows, table.building_rows, table.differing);
        assert_eq!(counted, (2, 1, differing), "{}: {:?}", change.name(), table.keys);
        assert_eq!(table.keys.len() as u64, differing, "{}: {:?}", change.name(), table.keys);
        assert!(!found.is_equal(), "{}", change.name());
    }
}

pub(crate) async fn a_generation_of_changed_columns_can_be_abandoned<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    for change in changes() {
        let (live, building) = change.pair(&store).await;
        store.abandon(building.generation).await.expect("the store can be written");
        assert_eq!(store.rows(&change.old).await, change.old_rows(), "{}", change.name());
        change.assert_table(&store, live.generation, &change.old, true).await;
        let made =
            store.made_with(&definition(change.name(), 2), GenerationRequest::Start, &change.new).await;
        let again = made.expect("it was abandoned");
        assert_eq!(store.generation(again).await.state, GenerationState::Building);
        change.assert_table(&store, again, &change.new, true).await;
        let again = store.lease(again).await;
        let mut transaction = store.begun(&again).await;
        let found = store.load(&mut transaction, &change.new, &[raw(change.new_key())]).await;
        assert_eq!(found, Vec::<Value>::new(), "{}", change.name());
    }
}
