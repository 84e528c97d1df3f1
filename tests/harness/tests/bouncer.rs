//! pgbouncer in transaction mode in front of the shared server.

use eventsource_harness::{PgBouncer, TestDatabase};
use sqlx::{Connection, PgConnection};

#[tokio::test]
async fn clients_share_server_connections() {
    let database = TestDatabase::create();
    let bouncer = PgBouncer::start(database.url()).expect("a pgbouncer");
    let mut clients = Vec::new();
    for _ in 0..10 {
        clients.push(PgConnection::connect(bouncer.url()).await.expect("a connection through pgbouncer"));
    }
    let mut backends = std::collections::BTreeSet::new();
    for client in &mut clients {
        let (name, pid): (String, i32) = sqlx::query_as("select current_database()::text, pg_backend_pid()")
            .persistent(false)
            .fetch_one(client)
            .await
            .expect("an answer");
        assert_eq!(name, database.name());
        backends.insert(pid);
    }
    assert!(backends.len() <= 4, "ten clients use {} server connections", backends.len());
}
