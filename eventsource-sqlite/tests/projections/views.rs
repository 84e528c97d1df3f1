//! Views of the application that read the table of a read model.

use async_trait::async_trait;
use eventsource::{
    EventSource, Projection, ProjectionError, Recorded,
    projections::ProjectionState,
    store::{GenerationRequest, ProjectionStore, StoreError, StoreTransaction, SwapAttempt},
};
use eventsource_conformance::waiting::wait_for;
use eventsource_sqlite::{ProjectionFault, SqliteStore, SqliteTransaction};

use crate::{
    domain::{TallyEvent, options},
    support::{create_generation, full_text, read, rebuild, run, store},
};

const WITH_AMOUNT: &str = "create table if not exists balances (account text primary key, amount integer)";
const WITH_TOTAL: &str = "create table balances (account text primary key, total integer)";

#[tokio::test]
async fn a_swap_after_which_a_view_could_not_be_read_is_refused() {
    let (store, directory) = store().await;
    create_generation(&store, GenerationRequest::Start, WITH_AMOUNT).await;
    // One was broken before, and one reads a column that both have.
    run(
        directory.path(),
        "create view broken as select missing from balances; create view names as select account from balances;
         create view rich as select amount from balances",
    )
    .await;
    let building = create_generation(&store, rebuild(true), WITH_TOTAL).await;
    let SwapAttempt::Ready(mut transaction) = store.begin_swap(building).await.expect("an answer") else {
        panic!("nothing blocks the swap")
    };
    let refused = transaction.swap(building, true).await.expect_err("refused");
    let text = full_text(&refused);
    assert!(text.contains(": view rich;") && text.contains("drop them first"), "{text}");
    let StoreError::Backend { source, .. } = refused else { panic!("{text}") };
    assert!(matches!(source.downcast_ref(), Some(ProjectionFault::Dependents { .. })), "{text}");
    transaction.roll_back().await.expect("rolled back");
    assert_eq!(read(directory.path(), "select amount || '' from rich").await, Vec::<String>::new());
    run(directory.path(), "drop view rich").await;
    crate::support::swap(&store, building, true).await;
    assert_eq!(read(directory.path(), "select account from names").await, Vec::<String>::new());
}

struct Balances<const VERSION: u32>;

#[async_trait]
impl<const VERSION: u32> Projection<SqliteStore> for Balances<VERSION> {
    type Event = TallyEvent;
    const NAME: &'static str = "balances";
    const VERSION: u32 = VERSION;

    async fn setup(&self, transaction: &mut SqliteTransaction) -> Result<(), ProjectionError> {
        let setup = if VERSION == 1 { WITH_AMOUNT } else { WITH_TOTAL };
        sqlx::query(setup).execute(&mut **transaction).await?;
        Ok(())
    }

    async fn apply(
        &self,
        _: &[Recorded<TallyEvent>],
        _: &mut SqliteTransaction,
    ) -> Result<(), ProjectionError> {
        Ok(())
    }
}

#[tokio::test]
async fn the_state_says_that_a_swap_is_blocked_and_by_what_until_it_succeeds() {
    let (store, directory) = store().await;
    let old = EventSource::builder(store.clone()).projection(Balances::<1>).build();
    let workers = old.start_with(options("views")).await.expect("started");
    workers.shutdown().await.expect("ended");
    run(directory.path(), "create view rich as select amount from balances").await;

    let new = EventSource::builder(store).projection(Balances::<2>).build();
    let workers = new.start_with(options("views")).await.expect("started");
    let status = async || new.status().await.expect("status").projections;
    wait_for("the state to name the view", || async {
        let states: Vec<_> = status().await.into_iter().map(|it| it.state).collect();
        let is_named = |state: &ProjectionState| {
            matches!(state, ProjectionState::SwapBlocked(error) if error.contains("view rich"))
        };
        if states.iter().any(is_named) { Ok(()) } else { Err(states) }
    })
    .await;
    run(directory.path(), "drop view rich").await;
    wait_for("the swap", || async {
        match &status().await[..] {
            [live] if live.version == 2 && live.last_error.is_none() => Ok(()),
            other => Err(format!("{other:?}")),
        }
    })
    .await;
    workers.shutdown().await.expect("ended");
}
