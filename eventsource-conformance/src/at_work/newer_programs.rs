//! Events that only a newer program knows: their type, or their schema version, is new. The older one leaves them to it.

use std::fmt::Debug;

use eventsource::{
    Event, EventSet, Position, Workers,
    projections::{ProjectionState, WaitError},
    store::{ReadModelStore, StartAt, StopReason},
};

use crate::support::{
    Delivered, Notices, Program, ReadModels, Shipments, Totals, at_once, called, ended, eventually, included,
    is, notices,
    releases::{First, Renamed, Weighed, WithLost},
    shipment, started, started_with, status,
};

const READ_MODEL: &str = "shipments";
const HANDLER: &str = "notices";

/// A program that reads these events, with both kinds of consumers.
fn program<S: ReadModelStore, E: EventSet + Clone, const PARTITIONS: u32>(
    store: &ReadModels<S>,
    delivered: &Delivered,
) -> Program<S> {
    let program = store.program().projection(Shipments::<E, 1, PARTITIONS>::new());
    program.handler(Notices::<E, PARTITIONS>::new(delivered), StartAt::Beginning).build()
}

/// Waits until both consumers of an old program have stopped in it. Returns the reason of the read model.
async fn both_stopped(workers: &mut Workers) -> StopReason {
    let mut stopped = Vec::new();
    while stopped.len() < 2 {
        let next = at_once("a consumer stops", workers.stopped()).await;
        if stopped.iter().all(|(name, _)| *name != next.name) {
            stopped.push((next.name, next.reason));
        }
    }
    stopped.sort_by(|(one, _), (other, _)| one.cmp(other));
    let [(handler, of_handler), (read_model, reason)] = stopped.try_into().expect("two");
    assert_eq!((&*handler, &*read_model), (HANDLER, READ_MODEL));
    assert_eq!(reason, of_handler);
    reason
}

async fn both_included<S: ReadModelStore>(program: &Program<S>, position: Position) {
    for name in [READ_MODEL, HANDLER] {
        included(program, name, position).await;
    }
}

/// Asserts that the events of the shipments were applied and delivered, each once and in order.
async fn assert_seen<S: ReadModelStore>(program: &Program<S>, delivered: &Delivered, types: &[&str]) {
    for id in IDS {
        assert_eq!(shipment(program, id).await, types, "{id}");
        assert_eq!(notices(delivered, id), types, "{id}");
    }
}

/// With four partitions, each is the key of one or more of them.
const IDS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

/// Records an event of each shipment. Returns the first and the last position.
async fn of_all<S: ReadModelStore, E: Event + Clone>(
    store: &ReadModels<S>,
    event: E,
) -> (Position, Position) {
    let mut positions = Vec::new();
    for id in IDS {
        positions.push(store.recorded(id, event.clone()).await);
    }
    (positions[0], positions[positions.len() - 1])
}

/// An old program holds all partitions when a newer one records an event, which it does not know.
struct Deploy<S: ReadModelStore> {
    store: ReadModels<S>,
    delivered: Delivered,
    old: Program<S>,
    workers: Workers,
    /// The first event that the old program does not know.
    unknown: Position,
    last: Position,
}

/// Records what only the new program can, and waits until the old one has stopped.
async fn stopped<S: ReadModelStore, New: Event + Clone, const PARTITIONS: u32>(
    store: ReadModels<S>,
    event: New,
) -> (Deploy<S>, StopReason) {
    let delivered = Delivered::default();
    let old = program::<S, First, PARTITIONS>(&store, &delivered);
    let mut workers = started_with(&old, called("old")).await;
    let (_, known) = of_all(&store, First::Sent).await;
    both_included(&old, known).await;
    let (unknown, last) = of_all(&store, event).await;
    let reason = both_stopped(&mut workers).await;
    assert_seen(&old, &delivered, &["shipment.sent"]).await;
    (Deploy { store, delivered, old, workers, unknown, last }, reason)
}

impl<S: ReadModelStore> Deploy<S> {
    /// Starts the new program beside the old one, which processes what the old one stopped at, and then what both record.
    async fn beside<New: EventSet + Clone, const PARTITIONS: u32>(self, event_type: &str) {
        let new = program::<S, New, PARTITIONS>(&self.store, &self.delivered);
        let workers = started_with(&new, called("new")).await;
        both_included(&new, self.last).await;
        assert_seen(&new, &self.delivered, &["shipment.sent", event_type]).await;
        let (_, last) = of_all(&self.store, First::Sent).await;
        both_included(&self.old, last).await;
        assert_seen(&new, &self.delivered, &["shipment.sent", event_type, "shipment.sent"]).await;
        ended(self.workers).await;
        ended(workers).await;
    }
}

fn assert_needs(reason: &StopReason, at: Position, of_type: &str, version: u32, known_version: Option<u32>) {
    let StopReason::NeedsNewerProgram { position, category, event_type, schema_version, known, application } =
        reason
    else {
        panic!("{reason:?}")
    };
    assert_eq!(
        (&**category, &**event_type, *schema_version, *known),
        ("shipment", of_type, version, known_version)
    );
    assert!(*position >= at, "{reason:?}");
    assert_eq!(application, "old");
    let text = reason.to_string();
    assert!(text.contains(&format!("`{of_type}`")) && text.contains("\"old\""), "{text}");
}

pub(crate) async fn an_event_of_a_new_type_waits_for_the_program_that_knows_it<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let (deploy, reason) = stopped::<S, _, 1>(store, WithLost::Lost).await;
    assert_needs(&reason, deploy.unknown, "shipment.lost", 1, None);
    let found = status(&deploy.old, READ_MODEL).await;
    assert_eq!(found.state, ProjectionState::Stopped(reason.clone()));
    assert!(found.position < deploy.unknown, "{found:?}");
    let wait = deploy.old.wait_for(READ_MODEL, deploy.last).timeout(std::time::Duration::from_millis(50));
    match wait.await {
        Err(WaitError::Stopped { reason: waited_for, .. }) => assert_eq!(waited_for, reason),
        other => panic!("{other:?}"),
    }
    deploy.beside::<WithLost, 1>("shipment.lost").await;
}

pub(crate) async fn each_partition_waits_for_the_program_that_knows_the_new_type<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let (deploy, _) = stopped::<S, _, 4>(store, WithLost::Lost).await;
    deploy.beside::<WithLost, 4>("shipment.lost").await;
}

pub(crate) async fn an_event_of_a_new_schema_version_waits_for_the_program_that_knows_it<
    S: ReadModelStore,
>(
    store: ReadModels<S>,
) {
    let (deploy, reason) = stopped::<S, _, 4>(store, Weighed::Sent { grams: 7 }).await;
    assert_needs(&reason, deploy.unknown, "shipment.sent", 2, Some(1));
    deploy.beside::<Weighed, 4>("shipment.sent").await;
}

pub(crate) async fn an_event_under_a_new_name_waits_for_the_program_that_knows_it<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let (deploy, reason) = stopped::<S, _, 1>(store, Renamed::Sent).await;
    assert_needs(&reason, deploy.unknown, "shipment.dispatched", 1, None);
    deploy.beside::<Renamed, 1>("shipment.dispatched").await;
}

pub(crate) async fn a_new_program_that_runs_continues_where_the_old_one_stops<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let delivered = Delivered::default();
    let old = program::<S, First, 4>(&store, &delivered);
    let old_workers = started_with(&old, called("old")).await;
    let new = program::<S, WithLost, 4>(&store, &delivered);
    let new_workers = started_with(&new, called("new")).await;
    eventually("both hold partitions", || async {
        let mut owners = status(&old, READ_MODEL).await.owners;
        owners.extend(status(&old, HANDLER).await.owners);
        let held = |name: &str| owners.iter().filter(|it| it.lives && it.application == name).count();
        if held("old") > 0 && held("new") > 0 { Ok(()) } else { Err((held("old"), held("new"))) }
    })
    .await;
    let mut seen = Vec::new();
    for _ in 0..3 {
        of_all(&store, First::Sent).await;
        let (_, last) = of_all(&store, WithLost::Lost).await;
        seen.extend(["shipment.sent", "shipment.lost"]);
        // In the old program too.
        for program in [&new, &old] {
            both_included(program, last).await;
        }
        assert_seen(&new, &delivered, &seen).await;
    }
    ended(old_workers).await;
    ended(new_workers).await;
}

pub(crate) async fn a_program_that_does_not_know_the_event_does_not_resume_it<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let (deploy, reason) = stopped::<S, _, 1>(store, WithLost::Lost).await;
    let Deploy { store, delivered, old, workers, last, .. } = deploy;
    ended(workers).await;
    let stop = |list: Vec<eventsource::store::Generation>| {
        let checkpoints = list.into_iter().filter(|it| it.name == READ_MODEL).flat_map(|it| it.checkpoints);
        checkpoints.map(|it| (it.epoch, it.stopped)).collect::<Vec<_>>()
    };
    let before = stop(store.list().await);
    // Its workers claim stopped partitions, if any, before the partition of another projection.
    let again = store.program().projection(Shipments::<First>::new()).projection(Totals::<1, 1>::new());
    let again = again.handler(Notices::<First>::new(&delivered), StartAt::Beginning).build();
    let workers = started_with(&again, called("old")).await;
    let added = store.add_many("t", 1).await;
    included(&again, "totals", added).await;
    ended(workers).await;
    assert_eq!(stop(store.list().await), before);
    is(&old, READ_MODEL, ProjectionState::Stopped(reason)).await;

    let new = program::<S, WithLost, 1>(&store, &delivered);
    let workers = started(&new).await;
    both_included(&new, last).await;
    assert_seen(&new, &delivered, &["shipment.sent", "shipment.lost"]).await;
    ended(workers).await;

    // The new program has ended: the old one continues behind what it has passed, up to the next such event.
    let mut workers = started_with(&old, called("old")).await;
    let (_, last) = of_all(&store, First::Sent).await;
    both_included(&old, last).await;
    of_all(&store, WithLost::Lost).await;
    both_stopped(&mut workers).await;
    assert_seen(&old, &delivered, &["shipment.sent", "shipment.lost", "shipment.sent"]).await;
    ended(workers).await;
}

pub(crate) async fn a_program_without_the_type_is_resumed_by_hand_only<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let (deploy, reason) = stopped::<S, _, 1>(store, WithLost::Lost).await;
    let Deploy { old, mut workers, .. } = deploy;
    assert_eq!(old.resume(READ_MODEL).await.expect("the store can be written"), 1);
    let again = at_once("it stops again", workers.stopped()).await;
    assert_eq!((&*again.name, again.reason), (READ_MODEL, reason));
    ended(workers).await;
}

pub(crate) async fn an_event_that_a_program_does_not_know_is_not_parked<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let fails = |event: &eventsource::Recorded<First>| event.aggregate_id() == "heavy";
    let old = store.program().projection(Shipments::<First>::failing_if(fails)).build();
    let mut workers = started_with(&old, called("old")).await;
    store.recorded("heavy", First::Sent).await;
    let unknown = store.recorded("heavy", WithLost::Lost).await;
    let last = store.recorded("a", First::Sent).await;
    let stopped = at_once("it stops", workers.stopped()).await;
    assert_needs(&stopped.reason, unknown, "shipment.lost", 1, None);
    ended(workers).await;

    let fails = |event: &eventsource::Recorded<WithLost>| event.aggregate_id() == "heavy";
    let new = store.program().projection(Shipments::<WithLost>::failing_if(fails)).build();
    let workers = started(&new).await;
    included(&new, READ_MODEL, last).await;
    let parked = new.parked(READ_MODEL).await.expect("the store can be read");
    let parked: Vec<_> = parked.events.iter().map(|event| &*event.event_type).collect();
    assert_eq!(parked, ["shipment.sent", "shipment.lost"], "behind the first event of its key");
    assert_eq!(shipment(&new, "a").await, ["shipment.sent"]);
    ended(workers).await;
}

pub(crate) async fn a_rebuild_is_continued_by_the_program_that_knows_the_event<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let first = store.program().projection(Shipments::<First>::new()).build();
    let mut workers = started(&first).await;
    store.recorded("a", First::Sent).await;
    store.recorded("a", WithLost::Lost).await;
    at_once("the live version stops at the event", workers.stopped()).await;
    ended(workers).await;
    let old = store.program().projection(Shipments::<First, 2>::new()).build();
    let mut workers = started_with(&old, called("old")).await;
    at_once("the new version stops at the event", workers.stopped()).await;
    let new = store.program().projection(Shipments::<WithLost, 2>::new()).build();
    let more = started(&new).await;
    // The live version stays where it stopped, and can be replaced nevertheless.
    let last = store.recorded("a", First::Sent).await;
    included(&new, READ_MODEL, last).await;
    assert_eq!(shipment(&new, "a").await, ["shipment.sent", "shipment.lost", "shipment.sent"]);
    ended(workers).await;
    ended(more).await;
}

fn assert_names<T: Debug, E: std::error::Error>(result: Result<T, E>, event_type: &str) {
    let error = result.expect_err("the event is unknown");
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    assert!(text.contains(event_type), "{text}");
}

pub(crate) async fn a_fold_on_demand_fails_at_an_event_of_an_unknown_type<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    use crate::support::{Shipment, releases::Part, stream_of};
    store.recorded("a", First::Sent).await;
    store.recorded("a", WithLost::Lost).await;
    let program = store.program().build();
    let shipments = || program.project::<Shipment>();
    let stream = stream_of::<First>("a");
    assert_names(shipments().of_log::<First>().await, "shipment.lost");
    assert_names(shipments().of_stream::<First>(&stream).await, "shipment.lost");
    let seen = |rows: &eventsource::projections::Rows<Shipment>| {
        rows.get(&"a".to_owned()).map(|row| row.seen.clone())
    };
    // A partial set skips what it does not list.
    let part = Some(vec!["shipment.sent".to_owned()]);
    assert_eq!(seen(&shipments().of_log::<Part>().await.expect("it is folded")), part);
    assert_eq!(seen(&shipments().of_stream::<Part>(&stream).await.expect("it is folded")), part);
}
