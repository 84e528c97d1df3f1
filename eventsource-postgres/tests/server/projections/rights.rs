//! A role with the grant and a schema of its own can run projections.

use eventsource_core::store::{EventStore, GenerationRequest, ProjectionStore, StoreTransaction};
use eventsource_postgres::PostgresOptions;
use sqlx::postgres::PgConnectOptions;

use super::{TABLE, claim_partition, create_generation, process_batch, rebuild, swap_generation};
use crate::support::{append_to, connect, database, open, run};

#[tokio::test]
async fn an_application_can_run_projections_in_a_schema_of_its_own() {
    let database = database().await;
    let name = format!("app_{}", database.name().rsplit('_').next().expect("a name"));
    let mut own = connect(database.url()).await;
    run(
        &mut own,
        format!(
            "create role {name} login password 'secret'; create schema {name} authorization {name};
             grant create on database {} to {name}",
            database.name()
        ),
    )
    .await;
    open(database.url()).await.grant_to(&name).await.expect("granted");
    let server: PgConnectOptions = database.url().parse().expect("a URL");
    let server = server.username(&name).password("secret");
    let store = PostgresOptions::with_server(server).connect().await.expect("a store");

    let first = create_generation(&store, "balances", GenerationRequest::Start, TABLE).await;
    let lease = claim_partition(&store, first).await;
    process_batch(&store, &lease, 0, "insert into balances values ('a', 1)").await;
    store.note_error(&lease, Some("an error")).await.expect("noted");
    let second = create_generation(&store, "balances", rebuild(true), TABLE).await;
    let lease = claim_partition(&store, second).await;
    process_batch(&store, &lease, 0, "insert into balances values ('a', 2)").await;
    store.compare(second).await.expect("compared");
    swap_generation(&store, second, true).await;
    store.abandon(first).await.expect("abandoned");
    let (mut transaction, _) =
        store.begin_promotion(&lease).await.expect("begun").expect("no append is running");
    transaction.promote(&lease).await.expect("promoted");
    transaction.commit().await.expect("committed");
    let (transaction, ..) = store.begin_append(append_to("a"), &[second]).await.expect("begun");
    transaction.commit().await.expect("committed");
    store.demote(second).await.expect("demoted");
    store.append(append_to("a")).await.expect("appended");
    store.announce().await.expect("announced");
    store.leave(lease.worker).await.expect("the worker is deleted");
    assert_eq!(store.horizon_holders().await.expect("an answer"), []);

    store.close().await;
    let server = database.server_url().to_owned();
    drop((own, database));
    run(&mut connect(&server).await, format!("drop role {name}")).await;
}
