//! Programs that begin or cease to read some types of events, with the checkpoints of others.

use eventsource::{
    EventSet, Position, StartError,
    projections::{ProjectionState, RebuildError},
    store::{GenerationState, ReadModelStore, StartAt},
};

use crate::support::{
    Delivered, Notices, Program, ReadModels, Shipment, Shipments, at_once, called, ended, eventually,
    included, is, notices,
    releases::{Both, First, LargerPart, Part, Refund, WithLost, WithoutLost},
    shipment, started, started_with, status, stream_of,
};

const READ_MODEL: &str = "shipments";
const HANDLER: &str = "notices";

fn read_model<S: ReadModelStore, E: EventSet + Clone>(store: &ReadModels<S>) -> Program<S> {
    store.program().projection(Shipments::<E>::new()).build()
}

fn handler<S: ReadModelStore, E: EventSet>(store: &ReadModels<S>, delivered: &Delivered) -> Program<S> {
    store.program().handler(Notices::<E, 2>::new(delivered), StartAt::Beginning).build()
}

/// Asserts that the start is refused because of the first event that was skipped, and changes nothing.
async fn refused<S: ReadModelStore>(
    store: &ReadModels<S>,
    program: &Program<S>,
    of_type: &str,
    at: Position,
) {
    let before = store.list().await;
    let refused = at_once("the start is refused", program.start()).await.expect_err("events were skipped");
    match &refused {
        StartError::Skipped { projection, version: 1, event_type, position } => {
            assert_eq!((&**projection, &**event_type, *position), (READ_MODEL, of_type, at));
        }
        other => panic!("{other:?}"),
    }
    let text = refused.to_string();
    assert!(text.contains("raise its version") && text.contains(&format!("`{of_type}`")), "{text}");
    let types = |list: Vec<eventsource::store::Generation>| {
        list.into_iter().map(|it| (it.id, it.event_types)).collect::<Vec<_>>()
    };
    assert_eq!(types(store.list().await), types(before));
}

/// Waits until the read model has generations of these versions, in these states.
async fn are<S: ReadModelStore>(store: &ReadModels<S>, expected: &[(u32, GenerationState)]) {
    eventually("the generations are as expected", || async {
        let found: Vec<_> = store.list().await.iter().map(|it| (it.version, it.state)).collect();
        if found == expected { Ok(()) } else { Err(found) }
    })
    .await;
}

/// Runs a program until it has passed a position.
async fn run_to<S: ReadModelStore>(program: &Program<S>, position: Position) {
    let workers = started(program).await;
    included(program, READ_MODEL, position).await;
    ended(workers).await;
}

pub(crate) async fn a_partial_set_skips_the_other_types<S: ReadModelStore>(store: ReadModels<S>) {
    let delivered = Delivered::default();
    let program = store.program().projection(Shipments::<Part>::new());
    let program = program.handler(Notices::<Part>::new(&delivered), StartAt::Beginning).build();
    let workers = started(&program).await;
    store.recorded("a", First::Sent).await;
    store.recorded("a", WithLost::Lost).await;
    let last = store.recorded("a", First::Sent).await;
    for name in [READ_MODEL, HANDLER] {
        included(&program, name, last).await;
    }
    assert_eq!(shipment(&program, "a").await, ["shipment.sent", "shipment.sent"]);
    assert_eq!(notices(&delivered, "a"), ["shipment.sent", "shipment.sent"]);
    ended(workers).await;
}

pub(crate) async fn a_read_model_that_has_skipped_a_type_cannot_begin_to_read_it<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    store.recorded("a", First::Sent).await;
    let lost = store.recorded("a", WithLost::Lost).await;
    let last = store.recorded("a", WithLost::Lost).await;
    run_to(&read_model::<S, Part>(&store), last).await;
    let needs = ProjectionState::NeedsStart(vec!["shipment.lost".to_owned()]);
    is(&read_model::<S, LargerPart>(&store), READ_MODEL, needs).await;
    is(&read_model::<S, Part>(&store), READ_MODEL, ProjectionState::Waiting).await;
    for program in [read_model::<S, LargerPart>(&store), read_model::<S, WithLost>(&store)] {
        refused(&store, &program, "shipment.lost", lost).await;
    }
    // The program that was there before, and a new version, start.
    run_to(&read_model::<S, Part>(&store), last).await;
    let raised = store.program().projection(Shipments::<LargerPart, 2>::new()).build();
    let workers = started(&raised).await;
    are(&store, &[(2, GenerationState::Live)]).await;
    assert_eq!(shipment(&raised, "a").await, ["shipment.sent", "shipment.lost", "shipment.lost"]);
    ended(workers).await;
}

pub(crate) async fn a_new_member_of_a_set_is_refused_once_its_events_were_skipped<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    store.recorded("a", First::Sent).await;
    let made = store.recorded("a", Refund::Made).await;
    let last = store.recorded("a", First::Sent).await;
    run_to(&read_model::<S, First>(&store), last).await;
    refused(&store, &read_model::<S, Both>(&store), "refund.made", made).await;
}

pub(crate) async fn a_type_whose_events_come_later_is_read_from_the_start_of_the_program_that_knows_it<
    S: ReadModelStore,
>(
    store: ReadModels<S>,
) {
    let last = store.recorded("a", First::Sent).await;
    let old = read_model::<S, First>(&store);
    let old_workers = started_with(&old, called("old")).await;
    included(&old, READ_MODEL, last).await;

    // The old program holds the partition, and would skip the new events.
    let new = read_model::<S, Both>(&store);
    let new_workers = started_with(&new, called("new")).await;
    let made = store.recorded("a", Refund::Made).await;
    included(&new, READ_MODEL, made).await;
    assert_eq!(shipment(&new, "a").await, ["shipment.sent", "refund.made"]);
    let owners = status(&new, READ_MODEL).await.owners;
    assert!(owners.iter().all(|it| it.application == "new"), "{owners:?}");

    // Without the new program no program skips them, and the old one says why.
    ended(new_workers).await;
    let needs = ProjectionState::NeedsTypes(vec!["refund.made".to_owned()]);
    is(&old, READ_MODEL, needs.clone()).await;
    assert!(needs.to_string().contains("`refund.made`"), "{needs}");
    ended(old_workers).await;
    // It can be started again, as after a rollback.
    let old_workers = started_with(&old, called("old")).await;
    let last = store.recorded("a", Refund::Made).await;
    is(&old, READ_MODEL, needs).await;
    let new_workers = started_with(&new, called("new")).await;
    included(&new, READ_MODEL, last).await;
    assert_eq!(shipment(&new, "a").await, ["shipment.sent", "refund.made", "refund.made"]);
    ended(old_workers).await;
    ended(new_workers).await;
}

pub(crate) async fn a_handler_begins_to_read_a_type_with_the_events_that_come_later<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let delivered = Delivered::default();
    let old = handler::<S, Part>(&store, &delivered);
    let old_workers = started_with(&old, called("old")).await;
    store.recorded("a", WithLost::Lost).await;
    let last = store.recorded("a", First::Sent).await;
    included(&old, HANDLER, last).await;

    let new = handler::<S, LargerPart>(&store, &delivered);
    let new_workers = started_with(&new, called("new")).await;
    for id in ["a", "b", "c", "d"] {
        let last = store.recorded(id, WithLost::Lost).await;
        included(&new, HANDLER, last).await;
        assert_eq!(notices(&delivered, id).last().map(String::as_str), Some("shipment.lost"), "{id}");
    }
    assert_eq!(notices(&delivered, "a"), ["shipment.sent", "shipment.lost"]);
    ended(old_workers).await;
    ended(new_workers).await;
}

pub(crate) async fn a_new_type_of_a_complete_category_disturbs_no_program<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let last = store.recorded("a", First::Sent).await;
    let old = read_model::<S, First>(&store);
    let old_workers = started_with(&old, called("old")).await;
    included(&old, READ_MODEL, last).await;
    let epoch = |list: Vec<eventsource::store::Generation>| {
        let generation = list.into_iter().find(|it| it.name == READ_MODEL).expect("it was made");
        (generation.checkpoints[0].epoch, generation.event_types.types.contains_key("shipment.lost"))
    };
    let (before, _) = epoch(store.list().await);
    let new_workers = started_with(&read_model::<S, WithLost>(&store), called("new")).await;
    assert_eq!(epoch(store.list().await), (before, true), "the lease is not revoked");
    // A program that is rolled back continues, because it would stop before an event that it does not know.
    ended(new_workers).await;
    let last = store.recorded("a", First::Sent).await;
    included(&old, READ_MODEL, last).await;
    ended(old_workers).await;
    run_to(&old, store.recorded("a", First::Sent).await).await;
    assert_eq!(shipment(&old, "a").await, ["shipment.sent"; 3]);
}

pub(crate) async fn an_inline_projection_begins_to_read_another_category_with_a_new_version<
    S: ReadModelStore,
>(
    store: ReadModels<S>,
) {
    let old = store.program().inline(Shipments::<First>::new()).build();
    let workers = started(&old).await;
    is(&old, READ_MODEL, ProjectionState::Inline).await;
    let before = store.list().await;
    let new = store.program().inline(Shipments::<Both>::new()).build();
    match new.start().await.expect_err("the old program appends without knowing it") {
        StartError::InlineTypes { projection, version: 1, event_type } => {
            assert_eq!((&*projection, &*event_type), (READ_MODEL, "refund.made"));
        }
        other => panic!("{other:?}"),
    }
    let inline = |list: Vec<eventsource::store::Generation>| {
        list.into_iter().map(|it| (it.id, it.inline, it.event_types)).collect::<Vec<_>>()
    };
    assert_eq!(inline(store.list().await), inline(before));
    // A new type of its category is fine: the program that records the event knows it.
    let new = store.program().inline(Shipments::<WithLost>::new()).build();
    let more = started(&new).await;
    is(&new, READ_MODEL, ProjectionState::Inline).await;
    ended(workers).await;
    ended(more).await;
}

pub(crate) async fn a_rebuild_by_a_program_that_reads_fewer_types_is_refused<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let last = store.recorded("a", First::Sent).await;
    run_to(&read_model::<S, Both>(&store), last).await;
    match read_model::<S, First>(&store).rebuild(READ_MODEL).await {
        Err(RebuildError::Narrower { name, event_types }) => {
            assert_eq!((&*name, event_types), (READ_MODEL, vec!["refund.made".to_owned()]));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(store.list().await.iter().filter(|it| it.name == READ_MODEL).count(), 1);
}

pub(crate) async fn a_kept_generation_that_has_skipped_a_type_is_not_restored<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let old = read_model::<S, Part>(&store);
    let workers = started(&old).await;
    store.recorded("a", WithLost::Lost).await;
    let last = store.recorded("a", First::Sent).await;
    included(&old, READ_MODEL, last).await;
    old.rebuild(READ_MODEL).keep_old().await.expect("it is rebuilt");
    ended(workers).await;
    let raised = store.program().projection(Shipments::<LargerPart, 2>::new()).build();
    let workers = started(&raised).await;
    let kept = [(1, GenerationState::Retired), (2, GenerationState::Live)];
    are(&store, &kept).await;
    ended(workers).await;
    // The kept one has the first version, and so does this program, which reads more than it did.
    match read_model::<S, LargerPart>(&store).restore(READ_MODEL).await {
        Err(RebuildError::Setup(StartError::Skipped { event_type, .. })) => {
            assert_eq!(event_type, "shipment.lost");
        }
        other => panic!("{other:?}"),
    }
    are(&store, &kept).await;
    // The program that it was made by can restore it.
    let workers = started(&old).await;
    old.restore(READ_MODEL).await.expect("it was kept");
    assert_eq!(shipment(&old, "a").await, ["shipment.sent"]);
    ended(workers).await;
}

pub(crate) async fn an_event_of_a_removed_type_is_read_as_nothing<S: ReadModelStore>(store: ReadModels<S>) {
    let delivered = Delivered::default();
    store.recorded("a", First::Sent).await;
    store.recorded("a", WithLost::Lost).await;
    let last = store.recorded("a", First::Sent).await;
    // The old program has applied some of them, or none.
    let old = read_model::<S, WithLost>(&store);
    run_to(&old, last).await;
    assert_eq!(shipment(&old, "a").await, ["shipment.sent", "shipment.lost", "shipment.sent"]);

    let new = store.program().projection(Shipments::<WithoutLost>::new());
    let new = new.handler(Notices::<WithoutLost>::new(&delivered), StartAt::Beginning).build();
    let workers = started(&new).await;
    store.recorded("a", WithLost::Lost).await;
    let last = store.recorded("a", First::Sent).await;
    for name in [READ_MODEL, HANDLER] {
        included(&new, name, last).await;
    }
    assert_eq!(notices(&delivered, "a"), ["shipment.sent"; 3]);
    assert_eq!(shipment(&new, "a").await.len(), 4);
    let sent = Some(vec!["shipment.sent".to_owned(); 3]);
    let seen = |rows: &eventsource::projections::Rows<Shipment>| {
        rows.get(&"a".to_owned()).map(|row| row.seen.clone())
    };
    let shipments = || new.project::<Shipment>();
    assert_eq!(seen(&shipments().of_log::<WithoutLost>().await.expect("it is folded")), sent);
    let stream = stream_of::<First>("a");
    assert_eq!(seen(&shipments().of_stream::<WithoutLost>(&stream).await.expect("it is folded")), sent);
    let report = new.check_schemas::<WithoutLost>().await.expect("the store can be read");
    let failed: Vec<_> = report.failures().map(|(check, _)| &*check.event_type).collect();
    assert!(!failed.contains(&"shipment.lost"), "{report}");
    ended(workers).await;

    // A program that is rolled back reads them again from where it is.
    let last = store.recorded("a", WithLost::Lost).await;
    run_to(&old, last).await;
    assert_eq!(shipment(&old, "a").await.last().map(String::as_str), Some("shipment.lost"));
}
