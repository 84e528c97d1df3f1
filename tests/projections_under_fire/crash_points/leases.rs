//! Leases that are lost during a batch, by workers that do not notice and continue.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use crate::projections_under_fire::{
    bank::{AccountEvent, Delivered, Deposit, Seen},
    child::{Process, Role},
    gate::{Gate, Place},
    support::{
        BEHIND, Chance, connect, database, figure, number, patient, pool, quick, run, store, torture, until,
        until_all_advance, until_followed,
    },
    truth::Truth,
    writers::Writers,
};
use eventsource::{
    Delivery, Workers,
    postgres::{
        PgTransaction,
        sqlx::{self, PgConnection},
    },
    prelude::*,
    store::StartAt,
};

/// How often a lease is lost, and how often a process is suspended.
const LOSSES: usize = 30;
const STALLS: usize = 15;

/// The records of seen and of delivered events, by a worker that is held at a gate.
struct Gated<T>(T, Arc<Gate>);

#[async_trait::async_trait]
impl Projection<PostgresStore> for Gated<Seen> {
    type Event = AccountEvent;
    const NAME: &'static str = "seen";

    fn key<'a>(&self, event: &'a Recorded<AccountEvent>) -> Option<std::borrow::Cow<'a, str>> {
        self.1.pass_at_once(Place::Reading);
        Some(event.aggregate_id().into())
    }

    async fn setup(&self, transaction: &mut PgTransaction) -> Result<(), ProjectionError> {
        self.0.setup(transaction).await
    }

    async fn apply(
        &self,
        events: &[Recorded<AccountEvent>],
        transaction: &mut PgTransaction,
    ) -> Result<(), ProjectionError> {
        self.0.apply(events, transaction).await?;
        self.1.pass(Place::Writing).await;
        Ok(())
    }
}

#[async_trait::async_trait]
impl EventHandler for Gated<Delivered> {
    type Event = AccountEvent;
    const NAME: &'static str = "delivered";

    async fn handle(&self, delivery: Delivery<'_, AccountEvent>) -> Result<(), ProjectionError> {
        self.0.handle(delivery).await?;
        self.1.pass(Place::Outside).await;
        Ok(())
    }
}

/// One of two programs that run the same projections.
struct Program {
    name: &'static str,
    gate: Arc<Gate>,
    es: EventSource<PostgresStore>,
    workers: Workers,
}

impl Program {
    async fn start(name: &'static str, url: &str) -> Self {
        let gate = Arc::new(Gate::default());
        let own_url = format!("{url}?application_name={name}");
        let es = EventSource::builder(store(&own_url).await)
            .retry(patient())
            .projection(Gated(Seen, Arc::clone(&gate)))
            .handler(Gated(Delivered(pool(url)), Arc::clone(&gate)), StartAt::Beginning)
            .build();

        let workers = es.start_with(quick().application(name)).await.expect("started");
        Self { name, gate, es, workers }
    }
}

/// The program that holds the partition of a projection.
async fn owner(connection: &mut PgConnection, projection: &str) -> Option<String> {
    let owner = "select w.application from eventsource.generations g
          join eventsource.checkpoints c using (generation) join eventsource.workers w on w.worker = c.owner
         where g.name = $1";
    sqlx::query_scalar(owner)
        .bind(projection)
        .fetch_optional(connection)
        .await
        .expect("the owner can be read")
}

/// Holds the program that owns the projection at the gate. On a busy machine the owner may change before the events
/// reach it; then more events are appended.
async fn hold_up<'a>(
    programs: &'a [Program],
    place: Place,
    projection: &str,
    chance: &mut Chance,
    connection: &mut PgConnection,
) -> &'a Program {
    loop {
        let mut held = None;
        until("a program to claim the projection", async || {
            held = owner(connection, projection).await;
            held.is_some()
        })
        .await;
        let slow = programs.iter().find(|it| held.as_deref() == Some(it.name)).expect("one of them");
        let before = slow.gate.held_up();
        slow.gate.close(place);
        for _ in 0..=chance.below(3) {
            slow.es.execute(Deposit(&chance.below(5).to_string(), 1)).await.expect("accepted");
        }
        until("the worker to reach the gate", async || {
            slow.gate.held_up() > before || number(connection, BEHIND).await == 0
        })
        .await;
        if slow.gate.held_up() > before {
            return slow;
        }
        slow.gate.open();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 6)]
async fn a_worker_that_lost_its_lease_in_a_batch_leaves_no_trace() {
    let database = database().await;
    let url = database.url();
    let programs = [Program::start("one", url).await, Program::start("other", url).await];
    let mut connection = connect(url).await;
    let mut chance = Chance(3);
    // At each of the places at least once.
    let losses = torture::at_least(3, LOSSES);
    for round in 0..losses {
        let place = [Place::Reading, Place::Writing, Place::Outside][round % 3];
        let projection = if place == Place::Outside { "delivered" } else { "seen" };
        let slow = hold_up(&programs, place, projection, &mut chance, &mut connection).await;
        // It sends heartbeats, so it is deleted repeatedly, as a worker that has been dead for long.
        until("the other program to take over", async || {
            let delete = "delete from eventsource.workers";
            run(&mut connection, format!("{delete} where application = '{}'", slow.name)).await;
            if place == Place::Writing {
                // While the transaction is open no worker can take over, so its connection is ended, as by a
                // network failure.
                let lose = "select pg_terminate_backend(pid) from pg_stat_activity
                      where datname = current_database() and state = 'idle in transaction'";
                run(&mut connection, format!("{lose} and application_name = '{}'", slow.name)).await;
            }
            owner(&mut connection, projection).await.is_some_and(|owner| owner != slow.name)
        })
        .await;
        // The other program processes everything before the slow one continues.
        until_followed(url).await;
        slow.gate.open();
    }
    for program in programs {
        program.workers.shutdown().await.expect("ended");
    }
    let mut truth = Truth::read(url).await;
    truth.assert_seen().await;
    let again = truth.assert_delivered().await;
    assert!(again >= losses / 3, "{again} deliveries came again");
}

/// The server ends the transactions of a suspended process after a while; here they are ended immediately.
async fn until_all_leases_are_taken_from(name: &str, process: u32, connection: &mut PgConnection) {
    let its_own = format!("%({process})");
    until("the other process to take over", async || {
        let lose = "select pg_terminate_backend(pid) from pg_stat_activity
              where datname = current_database() and state = 'idle in transaction'";
        run(connection, format!("{lose} and application_name = '{name}'")).await;
        let left = "select count(*) from eventsource.checkpoints c
              where not exists (select from eventsource.workers w
                                 where w.worker = c.owner and w.application not like $1
                                   and w.beat_at > now() - make_interval(secs => w.lease / 1e6))";
        let left: i64 =
            sqlx::query_scalar(left).bind(&its_own).fetch_one(&mut *connection).await.expect("a count");
        left == 0
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_process_leaves_no_trace() {
    let database = database().await;
    let url = database.url();
    let names = ["one", "other"];
    let start = |name| Process::start(Role::Eighths, &format!("{url}?application_name={name}"));
    let processes = names.map(start);
    let program = Role::Eighths.program(store(url).await, url);
    let mut writers = Writers::default();
    let mut connection = connect(url).await;
    let shared = "select count(distinct owner) from eventsource.checkpoints c
          join eventsource.workers w on w.worker = c.owner
         where w.beat_at > now() - make_interval(secs => w.lease / 1e6)";
    let made = "select count(*) from eventsource.generations";
    until("the processes to begin", async || number(&mut connection, made).await == 2).await;
    writers.tell(&program, 4, Duration::from_millis(5));
    let mut chance = Chance(8);
    for _ in 0..torture::at_least(2, STALLS) {
        until("both processes to hold partitions", async || number(&mut connection, shared).await == 2).await;
        until_all_advance(url).await;
        chance.pause(Duration::from_millis(50)).await;
        let stalled = usize::from(chance.below(2) == 0);
        processes[stalled].stall();
        until_all_leases_are_taken_from(names[stalled], processes[stalled].id(), &mut connection).await;
        until_all_advance(url).await;
        processes[stalled].go_on();
    }
    writers.end().await;
    until_followed(url).await;
    drop(processes);
    let mut truth = Truth::read(url).await;
    truth.assert_balances("eighths").await;
    truth.assert_seen().await;
}

/// The server ends a transaction that has been idle for ten seconds.
#[tokio::test(flavor = "multi_thread")]
async fn a_process_suspended_in_a_transaction_is_replaced_when_the_server_disconnects_it() {
    let database = database().await;
    let url = database.url();
    let stalled = Process::start(Role::Quartered, &format!("{url}?application_name=stalled"));
    let program = Role::Quartered.program(store(url).await, url);
    let mut connection = connect(url).await;
    let made = "select count(*) from eventsource.generations";
    until("the process to begin", async || number(&mut connection, made).await == 1).await;
    program.execute(Deposit("a", 1)).await.expect("accepted");
    until_followed(url).await;

    let mut keeper = connect(url).await;
    run(&mut keeper, "begin; lock table quartered in exclusive mode").await;
    program.execute(Deposit("a", 1)).await.expect("accepted");
    let waits = "select count(*) from pg_stat_activity
          where datname = current_database() and application_name = 'stalled' and wait_event_type = 'Lock'";
    until("the process to be in a transaction", async || number(&mut connection, waits).await > 0).await;
    stalled.stall();
    run(&mut keeper, "commit").await;
    let since = Instant::now();
    let workers = program.start_with(quick()).await.expect("started");
    until_followed(url).await;
    let taken_over = since.elapsed();
    stalled.go_on();
    for _ in 0..20 {
        program.execute(Deposit("a", 1)).await.expect("accepted");
    }
    until_followed(url).await;
    workers.shutdown().await.expect("ended");
    drop(stalled);
    Truth::read(url).await.assert_balances("quartered").await;
    figure(&format!("taken over after {taken_over:?}"));
}
