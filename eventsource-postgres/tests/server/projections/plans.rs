//! Plans of statements: the store changes planner settings for its own statements, not for those of the application.

use eventsource_core::store::{GenerationRequest, ProjectionStore, StoreTransaction};
use sqlx::{Executor, PgConnection, Row};

use super::{TABLE, claim_partition, create_generation};
use crate::support::{connect, database, open};

/// The planner settings that the store changes on its own connections.
async fn settings(connection: &mut PgConnection) -> [String; 2] {
    let row = connection.fetch_one("select current_setting('enable_seqscan'), current_setting('jit')");
    let row = row.await.expect("two settings");
    [row.get(0), row.get(1)]
}

#[tokio::test]
async fn statements_of_the_application_are_planned_with_the_default_settings() {
    let database = database().await;
    let defaults = settings(&mut connect(database.url()).await).await;
    let store = open(database.url()).await;
    let lease =
        claim_partition(&store, create_generation(&store, "balances", GenerationRequest::Start, TABLE).await)
            .await;
    let (mut transaction, _) = store.begin(&lease).await.expect("begun").expect("held");
    assert_eq!(settings(&mut transaction).await, defaults);
    transaction.roll_back().await.expect("rolled back");
}
