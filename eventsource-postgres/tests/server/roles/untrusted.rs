//! A role that may connect to the database and nothing else: what it can hold, and that the statements of `SECURITY.md`
//! show it, end it and prevent it. They are run by an owner who is not a superuser, as far as the text says so.

use eventsource::{
    EventSource, Position,
    store::{EventStore, LogFilter},
};
use eventsource_harness::{Cluster, Settings, TestDatabase};
use eventsource_postgres::PostgresStore;
use sqlx::{AssertSqlSafe, PgConnection, Row};

use super::{Role, refusal};
use crate::support::{append_to, connect, run, wait_until_blocked};

const TEXT: &str = include_str!("../../../../SECURITY.md");

/// The statement of `SECURITY.md` whose block begins with this comment.
fn statement(comment: &str) -> String {
    let (_, block) = TEXT.split_once(&format!("```sql\n-- {comment}")).expect(comment);
    let (statement, _) = block.split_once("```").expect("the end of the block");
    format!("-- {statement}")
}

/// The tag of the locks that hold the horizon back.
const MARK: i64 = 0x4556 << 48;

/// A server of its own, because the rights of the database change.
struct Bank {
    database: TestDatabase,
    owner: Role,
    stranger: Role,
    store: PostgresStore,
    _server: Cluster,
}

impl Bank {
    async fn open() -> Self {
        let server = Cluster::start(Settings::fast()).expect("a server");
        let database = TestDatabase::create_on(&server.url("postgres")).expect("a database");
        let owner = Role::create(&database, "owner").await;
        let own = format!(
            "alter database {} owner to {owner}; grant pg_signal_backend to {owner}",
            database.name(),
            owner = owner.quoted(),
        );
        run(&mut connect(database.server_url()).await, own).await;
        PostgresStore::migrate_with(&owner.on(&database)).await.expect("migrated");
        let stranger = Role::create(&database, "stranger").await;
        let store = owner.store(&database).await.expect("a store");
        store.append(append_to("a")).await.expect("appended");
        Self { database, owner, stranger, store, _server: server }
    }

    /// What the statement that lists the locks shows, to the owner.
    async fn shown(&self) -> Vec<Held> {
        let mut connection = self.owner.connect(&self.database).await;
        let rows = sqlx::query(AssertSqlSafe(statement("What holds the locks of the store")))
            .fetch_all(&mut connection);
        let held = |row: sqlx::postgres::PgRow| Held {
            pid: row.get::<Option<i32>, _>("pid").map(|pid| pid.try_into().expect("a process")),
            role: row.get("role"),
            mode: row.get("mode"),
            prepared: row.get("gid"),
        };
        rows.await.expect("the statement succeeds").into_iter().map(held).collect()
    }

    /// Ends a session with the statement for it, as the owner.
    async fn end(&self, pid: u32) {
        let end = statement("Ends a session").replace("4711", &pid.to_string());
        run(&mut self.owner.connect(&self.database).await, end).await;
    }

    async fn horizon(&self) -> Position {
        self.store.read_log(Position::START, &LogFilter::none(), 1).await.expect("the log").horizon
    }

    async fn append(&self) -> Position {
        self.store.append(append_to("a")).await.expect("appended").remove(0).position
    }
}

#[derive(Debug)]
struct Held {
    pid: Option<u32>,
    role: Option<String>,
    mode: String,
    prepared: Option<String>,
}

/// The next marks of appends.
async fn hold_marks(connection: &mut PgConnection, lock: &str) {
    run(connection, format!("select {lock}({MARK} | n) from generate_series(0, 99) n")).await;
}

#[tokio::test]
async fn a_role_that_may_only_connect_can_stop_appends_and_is_shown_and_ended() {
    let bank = Bank::open().await;
    let mut stranger = bank.stranger.connect(&bank.database).await;
    hold_marks(&mut stranger, "pg_advisory_lock").await;
    let store = bank.store.clone();
    let waiting = tokio::spawn(async move { store.append(append_to("a")).await });
    wait_until_blocked(bank.database.url(), 1).await;

    let held = bank.shown().await;
    let others: Vec<_> = held.iter().filter(|held| held.role.as_deref() != Some(&bank.owner.name)).collect();
    assert_eq!(others.len(), 100);
    for held in &others {
        assert_eq!(
            (held.role.as_deref(), &*held.mode),
            (Some(&*bank.stranger.name), "ExclusiveLock"),
            "{held:?}"
        );
    }
    bank.end(others[0].pid.expect("a session")).await;
    waiting.await.expect("no panic").expect("appended");
}

#[tokio::test]
async fn a_role_that_may_only_connect_can_hold_the_horizon_back_and_is_shown_and_ended() {
    let bank = Bank::open().await;
    let mut stranger = bank.stranger.connect(&bank.database).await;
    hold_marks(&mut stranger, "pg_advisory_lock_shared").await;
    let appended = bank.append().await;
    assert!(bank.horizon().await < appended, "the horizon is held back");

    let status = EventSource::new(bank.store.clone()).status().await.expect("the status");
    let [holder] = &status.held_back_by[..] else { panic!("{status:?}") };
    assert!(holder.state.contains(&bank.stranger.name), "{holder:?}");
    let held = bank.shown().await;
    assert!(held.iter().all(|held| held.mode == "ShareLock" && held.pid == holder.pid), "{held:?}");
    bank.end(holder.pid.expect("a session")).await;
    assert_eq!(bank.horizon().await, appended);
}

#[tokio::test]
async fn a_prepared_transaction_of_any_role_holds_the_horizon_until_it_is_rolled_back() {
    let bank = Bank::open().await;
    let mut stranger = bank.stranger.connect(&bank.database).await;
    run(&mut stranger, "begin").await;
    hold_marks(&mut stranger, "pg_advisory_xact_lock_shared").await;
    run(&mut stranger, "prepare transaction 'left'").await;
    drop(stranger);
    let appended = bank.append().await;
    assert!(bank.horizon().await < appended, "the horizon is held back without a session");

    let holders = EventSource::new(bank.store.clone()).status().await.expect("the status").held_back_by;
    let [holder] = &holders[..] else { panic!("{holders:?}") };
    assert_eq!((holder.pid, &*holder.state), (None, "prepared transaction 'left'"));
    let held = bank.shown().await;
    let of_stranger = |held: &Held| {
        held.prepared.as_deref() == Some("left") && held.role.as_deref() == Some(&bank.stranger.name)
    };
    assert!(held.len() == 100 && held.iter().all(of_stranger), "{held:?}");
    // Only a superuser or the role itself may end it.
    let end = statement("Ends a prepared transaction");
    let refused = refusal(&mut bank.owner.connect(&bank.database).await, "rollback prepared 'left'").await;
    assert_eq!(refused, "42501");
    run(&mut connect(bank.database.url()).await, end.replace("the gid", "left")).await;
    assert_eq!(bank.horizon().await, appended);
}

#[tokio::test]
async fn only_roles_that_are_named_may_connect_after_the_right_was_revoked_from_public() {
    let bank = Bank::open().await;
    let app = Role::create(&bank.database, "app").await;
    let revoke = statement("Only these roles may connect")
        .replace("database bank", &format!("database {}", bank.database.name()))
        .replace("bank_app", &app.quoted());
    run(&mut bank.owner.connect(&bank.database).await, revoke).await;
    let refused =
        sqlx::ConnectOptions::connect(&bank.stranger.on(&bank.database)).await.expect_err("refused");
    let code = refused.as_database_error().and_then(sqlx::error::DatabaseError::code);
    assert_eq!(code.as_deref(), Some("42501"), "{refused:?}");
    bank.store.grant_to(&app.name).await.expect("granted");
    let apps = app.store(&bank.database).await.expect("the application may connect");
    apps.append(append_to("a")).await.expect("appended");
    apps.close().await;
}

/// With the setting of the server that `SECURITY.md` names, which is the default.
#[tokio::test]
async fn without_prepared_transactions_none_can_be_left() {
    let server = Cluster::start(Settings::fast().set("max_prepared_transactions", "0")).expect("a server");
    let mut connection = connect(&server.url("postgres")).await;
    run(&mut connection, "begin; select pg_advisory_xact_lock(1)").await;
    assert_eq!(refusal(&mut connection, "prepare transaction 'left'").await, "55000");
}
