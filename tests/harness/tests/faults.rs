//! Network faults in front of a real server.

use std::time::Duration;

use eventsource_harness::{Direction, Proxy, TestDatabase};
use sqlx::{Connection, Executor, PgConnection};
use tokio::time::timeout;

struct Setting {
    database: TestDatabase,
    proxy: Proxy,
}

impl Setting {
    fn new() -> Self {
        let database = TestDatabase::create();
        let port = database.url().rsplit_once(':').and_then(|(_, rest)| rest.split_once('/'));
        let port = port.and_then(|(port, _)| port.parse().ok()).unwrap_or(5432);
        Self { proxy: Proxy::start(port).expect("a proxy"), database }
    }

    async fn direct(&self) -> PgConnection {
        PgConnection::connect(self.database.url()).await.expect("a direct connection")
    }

    async fn proxied(&self) -> PgConnection {
        self.try_proxied().await.expect("a connection through the proxy")
    }

    async fn try_proxied(&self) -> Result<PgConnection, sqlx::Error> {
        PgConnection::connect(&self.proxy.url(self.database.url())).await
    }

    async fn count(&self) -> i64 {
        let mut connection = self.direct().await;
        sqlx::query_scalar("select count(*) from t").fetch_one(&mut connection).await.expect("a count")
    }
}

#[tokio::test]
async fn cut_ends_connections_and_new_ones_work() {
    let setting = Setting::new();
    let mut connection = setting.proxied().await;
    connection.execute("select 1").await.expect("the proxy forwards");
    assert_eq!(setting.proxy.connections(), 1);
    setting.proxy.cut();
    connection.execute("select 1").await.expect_err("the connection is cut");
    setting.proxied().await.execute("select 1").await.expect("a new connection works");
}

#[tokio::test]
async fn cut_after_cuts_after_the_given_number_of_bytes() {
    let setting = Setting::new();
    for bytes in [0, 1, 50] {
        let mut connection = setting.proxied().await;
        let cuts = setting.proxy.cuts();
        setting.proxy.cut_after(bytes);
        connection
            .execute("select 'more than fifty bytes, there and back, with all that comes with it'")
            .await
            .expect_err("cut");
        assert_eq!(setting.proxy.cuts(), cuts + 1);
        setting.proxied().await.execute("select 1").await.expect("only once");
    }
    let mut connection = setting.proxied().await;
    setting.proxy.cut_after(100_000);
    connection.execute("select 1").await.expect("there are bytes left");
}

#[tokio::test]
async fn refuse_keeps_old_connections_and_allows_no_new_ones() {
    let setting = Setting::new();
    let mut connection = setting.proxied().await;
    setting.proxy.refuse();
    setting.try_proxied().await.expect_err("refused");
    connection.execute("select 1").await.expect("the old connection works");
    setting.proxy.heal();
    setting.proxied().await;
}

#[tokio::test]
async fn stall_holds_answers_back_while_the_statement_runs() {
    let setting = Setting::new();
    let mut connection = setting.proxied().await;
    connection.execute("create table t (n int)").await.expect("a table");
    setting.proxy.stall(Direction::ToClient);
    let insert = connection.execute("insert into t values (1)");
    tokio::pin!(insert);
    // Polls until the row is stored; the answer must not arrive before.
    while setting.count().await == 0 {
        timeout(Duration::from_millis(10), &mut insert).await.expect_err("the answer is held back");
    }
    setting.proxy.heal();
    insert.await.expect("the answer arrives at last");
}

#[tokio::test]
async fn stall_holds_statements_back() {
    let setting = Setting::new();
    let mut connection = setting.proxied().await;
    connection.execute("create table t (n int)").await.expect("a table");
    setting.proxy.stall(Direction::ToServer);
    let insert = connection.execute("insert into t values (1)");
    tokio::pin!(insert);
    timeout(Duration::from_millis(100), &mut insert).await.expect_err("the statement is held back");
    assert_eq!(setting.count().await, 0);
    setting.proxy.heal();
    insert.await.expect("it arrives at last");
    assert_eq!(setting.count().await, 1);
}

#[tokio::test]
async fn a_lost_answer_leaves_the_transaction_committed_and_the_client_without_an_answer() {
    let setting = Setting::new();
    let mut connection = setting.proxied().await;
    connection.execute("create table t (n int)").await.expect("a table");
    let mut transaction = connection.begin().await.expect("a transaction");
    transaction.execute("insert into t values (1)").await.expect("a row");
    setting.proxy.lose_next_answer();
    transaction.commit().await.expect_err("the answer is lost");
    assert_eq!(setting.proxy.answers_lost(), 1);
    assert_eq!(setting.count().await, 1);
}

#[tokio::test]
async fn the_answer_to_an_execution_is_lost_and_not_the_answer_to_its_preparation() {
    let setting = Setting::new();
    let mut connection = setting.proxied().await;
    connection.execute("create table t (n text)").await.expect("a table");
    setting.proxy.lose_next_answer();
    connection.ping().await.expect("a ping is not a statement");
    // Larger than any buffer, so that statement and answer come in many pieces.
    let text = "x".repeat(1_000_000);
    let query = sqlx::query("insert into t values ($1) returning n").bind(text);
    query.fetch_one(&mut connection).await.expect_err("the answer is lost");
    assert_eq!(setting.proxy.answers_lost(), 1);
    assert_eq!(setting.count().await, 1);
    connection.ping().await.expect_err("the connection was cut");
}
