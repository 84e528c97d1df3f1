//! The password of the store's URL.

use eventsource::{
    postgres::{PostgresOptions, PostgresStore},
    prelude::*,
    projections::ProjectionState,
};
use eventsource_conformance::waiting::{followed, until};
use eventsource_harness::{Proxy, TestDatabase};

use super::{
    bank::{Account, AccountEvent, Deposit},
    logs::{Logs, printed},
};

const PASSWORD: &str = "pw-4711-hunter2";

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ReadModel)]
#[read_model(table = "balances")]
struct Balance {
    #[read_model(key)]
    account: String,
    balance: i64,
}

impl Fold<AccountEvent> for Balance {
    fn key(event: &Recorded<AccountEvent>) -> Option<String> {
        Some(event.aggregate_id().to_owned())
    }

    fn fold(row: Option<Self>, event: &Recorded<AccountEvent>) -> Change<Self> {
        let AccountEvent::Deposited { amount } = event.event else { return Change::Keep };
        let before = row.map_or(0, |row| row.balance);
        Change::Put(Self { account: event.aggregate_id().to_owned(), balance: before + amount })
    }
}

/// The same URL with a password, which the server of the tests does not check.
fn with_password(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").expect("a URL");
    let (user, rest) = rest.split_once('@').unwrap_or(("postgres", rest));
    let user = user.split_once(':').map_or(user, |(user, _)| user);
    format!("{scheme}://{user}:{PASSWORD}@{rest}")
}

#[track_caller]
fn assert_hidden(shown: impl AsRef<str>) {
    assert!(!shown.as_ref().contains(PASSWORD), "{}", shown.as_ref());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_debug_error_log_line_or_status_shows_the_password() {
    let logs = Logs::of_the_process();
    let database = TestDatabase::create();
    let port = database.url().parse::<sqlx::postgres::PgConnectOptions>();
    let proxy = Proxy::start(port.expect("a URL").get_port()).expect("a proxy");
    let url = with_password(&proxy.url(database.url()));
    let options = PostgresOptions::new(&url).expect("a URL");
    assert_hidden(format!("{options:?} {options:#?}"));

    assert_hidden(printed(&options.clone().connect().await.expect_err("there is no schema")));
    for url in
        [url.replace("://", "s://"), format!("{url}?sslmode=wrong"), url.replace("127.0.0.1:", "127.0.0.1:x")]
    {
        assert_hidden(printed(&PostgresOptions::new(&url).expect_err("not a URL")));
        assert_hidden(printed(&PostgresStore::migrate(&url).await.expect_err("not a URL")));
    }
    let tls = PostgresOptions::new(&format!("postgres://bank:{PASSWORD}@db.invalid/bank")).expect("a URL");
    assert_hidden(printed(&tls.require_verified_tls().connect().await.expect_err("not verified")));
    options.migrate().await.expect("migrated");

    let store = options.clone().connect().await.expect("connected");
    let es = EventSource::builder(store.clone()).projection(Balance::projection()).build();
    let workers = es.start().await.expect("started");
    let receipt = es.execute(Deposit("a", 1)).await.expect("accepted");
    followed(&es, "balances", receipt.position).await;
    assert_hidden(format!("{store:?} {store:#?} {es:?} {es:#?} {workers:?} {workers:#?}"));
    let builder = EventSource::builder(store.clone());
    assert_hidden(format!("{builder:?} {builder:#?}"));
    assert_hidden(format!("{:?}", es.status().await.expect("the status")));

    proxy.refuse();
    proxy.cut();
    assert_hidden(printed(&es.execute(Deposit("a", 1)).await.expect_err("no server")));
    assert_hidden(printed(&es.load::<Account>("a").await.expect_err("no server")));
    assert_hidden(printed(&es.all::<Balance>().await.expect_err("no server")));
    assert_hidden(printed(&es.status().await.expect_err("no server")));
    assert_hidden(printed(&PostgresStore::migrate(&url).await.expect_err("no server")));
    until("the workers to log the outage", async || logs.lines().iter().any(|line| line.starts_with("WARN")))
        .await;

    proxy.heal();
    until("the projection to be live again", async || {
        let status = es.status().await.map_err(|error| error.to_string())?;
        assert_hidden(format!("{status:?} {status:#?}"));
        match status.live("balances").map(|it| it.state.clone()) {
            Some(ProjectionState::Live) => Ok(()),
            state => Err(format!("{state:?}")),
        }
    })
    .await;
    workers.shutdown().await.expect("ended");
    let lines = logs.lines();
    assert!(lines.iter().any(|line| line.contains("sqlx")), "sqlx logs its statements: {lines:#?}");
    lines.iter().for_each(assert_hidden);
}
