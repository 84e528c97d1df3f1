//! A server for one test: started, crashed, restarted, removed.

use eventsource_harness::{Cluster, Settings};
use sqlx::{Connection, Executor, PgConnection};

async fn connect(cluster: &Cluster) -> PgConnection {
    PgConnection::connect(&cluster.url("postgres")).await.expect("the server accepts connections")
}

async fn count(connection: &mut PgConnection) -> i64 {
    sqlx::query_scalar("select count(*) from kept").fetch_one(connection).await.expect("the table exists")
}

#[tokio::test]
async fn a_crash_keeps_committed_rows_and_loses_uncommitted_ones() {
    let mut cluster = Cluster::start(Settings::durable()).expect("a server");
    let mut first = connect(&cluster).await;
    first.execute("create table kept (n int)").await.expect("a table");
    first.execute("insert into kept select generate_series(1, 100)").await.expect("rows");
    let mut open = first.begin().await.expect("a transaction");
    open.execute("insert into kept select generate_series(1, 100)").await.expect("uncommitted rows");

    let port = cluster.port();
    cluster.kill();
    PgConnection::connect(&cluster.url("postgres")).await.expect_err("the server is down");
    open.execute("select 1").await.expect_err("the connection is closed");

    cluster.restart().expect("it recovers");
    assert_eq!(cluster.port(), port);
    assert_eq!(count(&mut connect(&cluster).await).await, 100);
}

#[tokio::test]
async fn settings_are_applied_and_an_unknown_one_is_an_error_with_the_log() {
    let cluster = Cluster::start(Settings::fast().set("max_connections", "17")).expect("a server");
    let mut connection = connect(&cluster).await;
    for (setting, expected) in
        [("max_connections", "17"), ("fsync", "off"), ("max_prepared_transactions", "20")]
    {
        let value: String = sqlx::query_scalar("select current_setting($1)")
            .bind(setting)
            .fetch_one(&mut connection)
            .await
            .expect("a setting");
        assert_eq!(value, expected, "{setting}");
    }
    let error = Cluster::start(Settings::fast().set("no_such_setting", "1")).expect_err("it does not start");
    assert!(error.to_string().contains("no_such_setting"), "{error}");
}

#[test]
fn several_servers_start_concurrently_and_leave_no_files() {
    let folders: Vec<_> = std::thread::scope(|scope| {
        let starting: Vec<_> = (0..4).map(|_| scope.spawn(|| Cluster::start(Settings::fast()))).collect();
        let clusters: Vec<_> =
            starting.into_iter().map(|thread| thread.join().expect("no panic").expect("a server")).collect();
        clusters.iter().map(|cluster| cluster.socket_folder().to_owned()).collect()
    });
    for folder in folders {
        assert!(!folder.exists(), "{} still exists", folder.display());
    }
}

#[tokio::test]
async fn a_server_accepts_connections_on_its_socket_and_stops_cleanly() {
    let mut cluster = Cluster::start(Settings::fast()).expect("a server");
    let url = format!("postgres://postgres@localhost:{}/postgres", cluster.port());
    let options = url.parse::<sqlx::postgres::PgConnectOptions>().expect("a URL");
    let options = options.socket(cluster.socket_folder());
    PgConnection::connect_with(&options).await.expect("a connection over the socket");
    cluster.stop();
    assert!(!cluster.socket_folder().join("data/postmaster.pid").exists(), "it was stopped cleanly");
    cluster.restart().expect("it starts again");
    connect(&cluster).await;
}
