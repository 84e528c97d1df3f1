//! How statements are planned: the store's own for a log that grows, those of the application as everywhere else.

use eventsource_core::store::{GenerationRequest, ProjectionStore};
use sqlx::{Executor, PgConnection, Row};

use super::{TABLE, held, made};
use crate::support::{connect, database, open};

/// The settings that the store's own connections have.
async fn settings(connection: &mut PgConnection) -> [String; 2] {
    let row = connection.fetch_one("select current_setting('enable_seqscan'), current_setting('jit')");
    let row = row.await.expect("two settings");
    [row.get(0), row.get(1)]
}

#[tokio::test]
async fn statements_of_the_application_are_planned_as_everywhere_else() {
    let database = database().await;
    let usual = settings(&mut connect(database.url()).await).await;
    let store = open(database.url()).await;
    let lease = held(&store, made(&store, "balances", GenerationRequest::Start, TABLE).await).await;
    let (mut transaction, _) = store.begin(&lease).await.expect("begun").expect("held");
    assert_eq!(settings(&mut transaction).await, usual);
    store.roll_back(transaction).await.expect("ended");
}
