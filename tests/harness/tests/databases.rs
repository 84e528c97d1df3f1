//! A database per test on the server that all tests share.

use eventsource_harness::{Cluster, Settings, TestDatabase};
use sqlx::{Connection, Executor, PgConnection};

async fn connect(url: &str) -> PgConnection {
    PgConnection::connect(url).await.expect("the database exists")
}

async fn assert_dropped(cluster: &Cluster, name: &str) {
    let found: i64 = sqlx::query_scalar("select count(*) from pg_database where datname = $1")
        .bind(name)
        .fetch_one(&mut connect(&cluster.url("postgres")).await)
        .await
        .expect("an answer");
    assert_eq!(found, 0, "the database still exists");
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_concurrent_tests_have_twenty_databases() {
    let test = |n: i32| async move {
        let create = tokio::task::spawn_blocking(TestDatabase::create);
        let database = create.await.expect("a database");
        let mut connection = connect(database.url()).await;
        connection
            .execute("create table mine (n int)")
            .await
            .expect("no other test has created the table here");
        sqlx::query("insert into mine values ($1)").bind(n).execute(&mut connection).await.expect("a row");
        let rows: Vec<i32> =
            sqlx::query_scalar("select n from mine").fetch_all(&mut connection).await.expect("rows");
        assert_eq!(rows, [n]);
    };
    let running: Vec<_> = (0..20).map(|n| tokio::spawn(test(n))).collect();
    for test in running {
        test.await.expect("no test failed");
    }
}

#[tokio::test]
async fn a_database_is_emptied_for_the_next_test_despite_an_open_connection() {
    // Of its own, because on the shared server another test would get the database.
    let cluster = Cluster::start(Settings::fast()).expect("a server");
    let create = || TestDatabase::create_on(&cluster.url("postgres")).expect("a database");
    let database = create();
    let name = database.name().to_owned();
    let mut left_open = connect(database.url()).await;
    left_open
        .execute(
            "create schema s; create table s.t (n int); create table mine (n int); begin; lock table mine",
        )
        .await
        .expect("objects and a lock");
    drop(database);
    left_open.execute("select 1").await.expect_err("the connection was ended");

    let database = create();
    assert_eq!(database.name(), name, "the same one");
    let mut connection = connect(database.url()).await;
    let left: i64 = sqlx::query_scalar(
        "select (select count(*) from pg_class where oid >= 16384) + (select count(*) from pg_namespace where nspname = 's')",
    )
    .fetch_one(&mut connection)
    .await
    .expect("an answer");
    assert_eq!(left, 0);
    connection.execute("create table mine (n int)").await.expect("as in a new database");
}

#[tokio::test]
async fn a_database_that_cannot_be_emptied_is_dropped() {
    // Of its own, because a setting of the database outlives the test if the database is not dropped.
    let cluster = Cluster::start(Settings::fast()).expect("a server");
    let database = TestDatabase::create_on(&cluster.url("postgres")).expect("a database");
    let name = database.name().to_owned();
    let setting = format!("alter database {name} set work_mem = '1MB'");
    connect(database.url())
        .await
        .execute(sqlx::AssertSqlSafe(setting))
        .await
        .expect("a setting of the database");
    drop(database);
    assert_dropped(&cluster, &name).await;
}

#[tokio::test]
async fn a_database_on_a_server_that_keeps_none_is_dropped_despite_an_open_connection() {
    // Like a server of the user's, it does not have the setting of those that are thrown away.
    let cluster = Cluster::start(Settings::durable()).expect("a server");
    let database = TestDatabase::create_on(&cluster.url("postgres")).expect("a database");
    let name = database.name().to_owned();
    let mut left_open = connect(database.url()).await;
    left_open.execute("begin; create table mine (n int)").await.expect("a transaction");
    drop(database);
    assert_dropped(&cluster, &name).await;
    left_open.execute("select 1").await.expect_err("the connection was ended");
}
