//! Parked events: storing, retrying and discarding them.

use eventsource::store::{
    Definition, GenerationId, Lease, ParkedEvent, ParkedOutcome, ParkedQuery, ParkedRequest, ParkedSelection,
    ReadModelStore, StoreTransaction,
};

use crate::support::{ReadModels, balances, every_parked, parked};

/// Parks events in a transaction of its own.
async fn park<S: ReadModelStore>(store: &ReadModels<S>, lease: &Lease, events: &[ParkedEvent]) {
    let mut transaction = store.begun(lease).await;
    transaction.park(lease, events).await.expect("the store can be written");
    store.committed(transaction).await;
}

async fn unpark<S: ReadModelStore>(
    store: &ReadModels<S>,
    lease: &Lease,
    event: &ParkedEvent,
    outcome: ParkedOutcome,
) {
    let mut transaction = store.begun(lease).await;
    transaction.unpark(lease, event, &outcome).await.expect("the store can be written");
    store.committed(transaction).await;
}

async fn list<S: ReadModelStore>(store: &ReadModels<S>, generation: GenerationId) -> Vec<ParkedEvent> {
    store.parked(generation, &every_parked()).await.expect("the store can be read")
}

async fn request<S: ReadModelStore>(
    store: &ReadModels<S>,
    generation: GenerationId,
    key: &str,
    request: &ParkedRequest,
) -> bool {
    store.request_parked(generation, Some(key), request).await.expect("the store can be written")
}

/// A generation with three parked events of one key and one of another, and its lease.
async fn with_parked<S: ReadModelStore>(store: &ReadModels<S>) -> (Lease, Vec<ParkedEvent>) {
    let generation = store.make(&balances()).await;
    let lease = store.lease(generation).await;
    let events = store.record(4).await;
    park(
        store,
        &lease,
        &[
            parked("a", &events[0], Some("no")),
            parked("b", &events[1], Some("no")),
            parked("a", &events[2], None),
            parked("a", &events[3], None),
        ],
    )
    .await;
    let kept = list(store, generation).await;
    assert_eq!(kept.len(), 4);
    (lease, kept)
}

pub(crate) async fn parked_events_are_kept_as_they_were_given<S: ReadModelStore>(store: ReadModels<S>) {
    let generation = store.make(&balances()).await;
    let lease = store.lease(generation).await;
    let events = store.record(4).await;
    let keys = ["", "o'brien \"x\"", "\u{1f980} é e\u{301}", "a/b\\c\n%_"];
    let given: Vec<_> =
        keys.iter().zip(&events).map(|(key, event)| parked(key, event, Some("it's no \"use\""))).collect();
    park(&store, &lease, &given).await;
    let kept = list(&store, generation).await;
    assert!(
        kept.iter().all(|event| event.parked_at >= events[0].context.recorded_at),
        "the time is the store's"
    );
    let expected: Vec<_> = given
        .into_iter()
        .zip(&kept)
        .map(|(given, kept)| ParkedEvent { parked_at: kept.parked_at, ..given })
        .collect();
    assert_eq!(kept, expected);
}

pub(crate) async fn parked_events_are_listed_by_position<S: ReadModelStore>(store: ReadModels<S>) {
    let generation = store.make(&balances()).await;
    let lease = store.lease(generation).await;
    let events = store.record(6).await;
    for some in [[3, 0], [5, 1], [4, 2]] {
        park(&store, &lease, &some.map(|n| parked("a", &events[n], None))).await;
    }
    let listed: Vec<_> = list(&store, generation).await.iter().map(|event| event.position).collect();
    assert_eq!(listed, events.iter().map(|event| event.context.position).collect::<Vec<_>>());
}

/// The positions of all events of a selection, read in pages of this size.
async fn pages<S: ReadModelStore>(
    store: &ReadModels<S>,
    generation: GenerationId,
    selection: ParkedSelection,
    limit: usize,
) -> Vec<(u64, String)> {
    let mut query = ParkedQuery::first(selection, limit);
    let mut read = Vec::new();
    loop {
        let page = store.parked(generation, &query).await.expect("the store can be read");
        assert!(page.len() <= limit, "{page:?}");
        let is_after = |event: &ParkedEvent| query.after.as_ref().is_none_or(|after| event.cursor() > *after);
        assert!(page.iter().all(is_after), "{page:?} after {:?}", query.after);
        query.after = page.last().map(ParkedEvent::cursor);
        read.extend(page.iter().map(|event| (event.position.get(), event.key.clone())));
        if page.len() < limit {
            return read;
        }
    }
}

pub(crate) async fn parked_events_are_read_in_pages<S: ReadModelStore>(store: ReadModels<S>) {
    let generation = store.make(&Definition { partitions: 2, ..balances() }).await;
    let worker = store.worker().await;
    let events = store.record(5).await;
    let mut all = Vec::new();
    for (partition, keys) in [(0, ["é", "a"]), (1, ["b", "Z"])] {
        let lease = store.claimed(generation, partition, worker).await.expect("the partition is unclaimed");
        let given: Vec<_> =
            events.iter().flat_map(|event| keys.map(|key| parked(key, event, Some("no")))).collect();
        park(&store, &lease, &given).await;
        all.extend(given.iter().map(|event| (event.position.get(), event.key.clone())));
    }
    all.sort();
    let of = |keys: &[&str]| -> Vec<_> {
        all.iter().filter(|(_, key)| keys.contains(&key.as_str())).cloned().collect()
    };
    assert!(request(&store, generation, "b", &ParkedRequest::Retry).await);
    for limit in [1, 3, 5, 100] {
        let read = async |selection| pages(&store, generation, selection, limit).await;
        assert_eq!(read(ParkedSelection::All).await, all);
        assert_eq!(read(ParkedSelection::Key("a".to_owned())).await, of(&["a"]));
        assert_eq!(read(ParkedSelection::Key("none".to_owned())).await, []);
        assert_eq!(read(ParkedSelection::Requested { partition: 0 }).await, []);
        assert_eq!(read(ParkedSelection::Requested { partition: 1 }).await, of(&["b"]));
    }
    for (partition, expected) in [(0, ["a", "é"]), (1, ["Z", "b"])] {
        let mut keys = store.parked_keys(generation, partition).await.expect("the store can be read");
        keys.sort();
        assert_eq!(keys, expected);
    }
}

pub(crate) async fn a_request_without_a_key_is_for_every_parked_key<S: ReadModelStore>(store: ReadModels<S>) {
    let (lease, kept) = with_parked(&store).await;
    let generation = lease.generation;
    unpark(&store, &lease, &kept[1], ParkedOutcome::Discarded { reason: "wrong".to_owned() }).await;
    assert_eq!(store.parked_keys(generation, 0).await.expect("the store can be read"), ["a"]);
    let discard = |position| ParkedRequest::Discard { position, reason: "twice".to_owned() };
    let requested = store.request_parked(generation, None, &discard(None)).await;
    assert!(requested.expect("the store can be written"), "a key is parked");
    let requests: Vec<_> = list(&store, generation).await.into_iter().map(|event| event.request).collect();
    let retry = Some(ParkedRequest::Retry);
    assert_eq!(requests, [Some(discard(Some(kept[0].position))), None, retry.clone(), retry]);
    for event in [&kept[0], &kept[2], &kept[3]] {
        unpark(&store, &lease, event, ParkedOutcome::Applied).await;
    }
    assert!(store.parked_keys(generation, 0).await.expect("the store can be read").is_empty());
    let requested = store.request_parked(generation, None, &ParkedRequest::Retry).await;
    assert!(!requested.expect("the store can be written"), "only a discarded event is left");
}

pub(crate) async fn parked_events_are_counted_by_partition<S: ReadModelStore>(store: ReadModels<S>) {
    let generation = store.make(&Definition { partitions: 2, ..balances() }).await;
    let worker = store.worker().await;
    let events = store.record(3).await;
    for (partition, parked) in [
        (0, vec![parked("a", &events[0], None)]),
        (1, vec![parked("b", &events[1], None), parked("b", &events[2], None)]),
    ] {
        let lease = store.claimed(generation, partition, worker).await.expect("the partition is unclaimed");
        park(&store, &lease, &parked).await;
    }
    let counts = async || {
        let checkpoints = store.generation(generation).await.checkpoints;
        checkpoints.iter().map(|it| (it.parked, it.parked_requests > 0)).collect::<Vec<_>>()
    };
    assert_eq!(counts().await, [(1, false), (2, false)]);
    assert!(request(&store, generation, "b", &ParkedRequest::Retry).await);
    assert_eq!(counts().await, [(1, false), (2, true)]);
}

pub(crate) async fn events_are_parked_with_the_rest_of_the_transaction<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let generation = store.make(&balances()).await;
    let lease = store.lease(generation).await;
    let events = store.record(1).await;
    let mut transaction = store.begun(&lease).await;
    let to_park = [parked("a", &events[0], Some("no"))];
    transaction.park(&lease, &to_park).await.expect("the store can be written");
    assert_eq!(list(&store, generation).await, [], "not before it is committed");
    store.committed(transaction).await;
    assert_eq!(list(&store, generation).await.len(), 1);
}

pub(crate) async fn a_request_for_a_parked_key_reaches_its_worker<S: ReadModelStore>(store: ReadModels<S>) {
    let (lease, _) = with_parked(&store).await;
    let position = Some(list(&store, lease.generation).await[0].position);
    for asked in [ParkedRequest::Discard { position, reason: "it's \"fixed\"".into() }, ParkedRequest::Retry]
    {
        assert!(request(&store, lease.generation, "a", &asked).await);
        let kept = list(&store, lease.generation).await;
        assert_eq!(kept[0].request, Some(asked), "the first event of the key");
        assert_eq!(kept[1].request, None, "another key");
        assert!(store.checkpoint(lease.generation).await.parked_requests > 0);
    }
}

pub(crate) async fn a_key_that_no_store_can_keep_is_not_parked<S: ReadModelStore>(store: ReadModels<S>) {
    let (lease, _) = with_parked(&store).await;
    for key in ["a\0", "\0"] {
        assert_eq!(pages(&store, lease.generation, ParkedSelection::Key(key.to_owned()), 10).await, []);
        assert!(!request(&store, lease.generation, key, &ParkedRequest::Retry).await);
    }
    assert_eq!(store.checkpoint(lease.generation).await.parked_requests, 0);
}

pub(crate) async fn a_request_for_a_key_that_is_not_parked_returns_false<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let (lease, _) = with_parked(&store).await;
    assert!(!request(&store, lease.generation, "c", &ParkedRequest::Retry).await);
    let none = GenerationId::new(lease.generation.get() + 1_000);
    assert!(!request(&store, none, "a", &ParkedRequest::Retry).await);
    assert_eq!(store.checkpoint(lease.generation).await.parked_requests, 0);
}

pub(crate) async fn an_applied_event_is_no_longer_parked<S: ReadModelStore>(store: ReadModels<S>) {
    let (lease, kept) = with_parked(&store).await;
    assert!(request(&store, lease.generation, "b", &ParkedRequest::Retry).await);
    unpark(&store, &lease, &kept[1], ParkedOutcome::Applied).await;
    let left: Vec<_> = list(&store, lease.generation).await.iter().map(|event| event.id).collect();
    assert_eq!(left, [kept[0].id, kept[2].id, kept[3].id]);
    let checkpoint = store.checkpoint(lease.generation).await;
    assert_eq!((checkpoint.parked, checkpoint.parked_requests), (3, 0));
}

pub(crate) async fn a_request_stays_until_no_event_of_its_key_is_left<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let (lease, kept) = with_parked(&store).await;
    assert!(request(&store, lease.generation, "a", &ParkedRequest::Retry).await);
    for applied in [0, 2] {
        unpark(&store, &lease, &kept[applied], ParkedOutcome::Applied).await;
        let next = list(&store, lease.generation).await.into_iter().find(|event| event.key == "a");
        assert_eq!(next.expect("some are left").request, Some(ParkedRequest::Retry));
        assert!(store.checkpoint(lease.generation).await.parked_requests > 0);
    }
    unpark(&store, &lease, &kept[3], ParkedOutcome::Applied).await;
    assert_eq!(store.checkpoint(lease.generation).await.parked_requests, 0);
}

pub(crate) async fn a_discarded_event_stays_on_record<S: ReadModelStore>(store: ReadModels<S>) {
    let (lease, kept) = with_parked(&store).await;
    let reason = String::from("paid twice, it's fixed by hand");
    let discard = ParkedRequest::Discard { position: Some(kept[1].position), reason: reason.clone() };
    assert!(request(&store, lease.generation, "b", &discard).await);
    unpark(&store, &lease, &kept[1], ParkedOutcome::Discarded { reason: reason.clone() }).await;
    let listed = list(&store, lease.generation).await;
    assert_eq!((listed.len(), &listed[1].id), (4, &kept[1].id));
    assert_eq!((&listed[1].discarded, &listed[1].request), (&Some(reason), &None));
    let checkpoint = store.checkpoint(lease.generation).await;
    assert_eq!((checkpoint.parked, checkpoint.parked_requests), (3, 0), "it is only on record");
    assert!(
        !request(&store, lease.generation, "b", &ParkedRequest::Retry).await,
        "no event of the key is left"
    );
}

pub(crate) async fn a_request_to_discard_is_for_one_event<S: ReadModelStore>(store: ReadModels<S>) {
    let (lease, kept) = with_parked(&store).await;
    let reason = String::from("fixed by hand");
    let discard = ParkedRequest::Discard { position: Some(kept[0].position), reason: reason.clone() };
    assert!(request(&store, lease.generation, "a", &discard).await);
    let requests: Vec<_> = list(&store, lease.generation).await.into_iter().map(|it| it.request).collect();
    let retry = Some(ParkedRequest::Retry);
    assert_eq!(requests, [Some(discard), None, retry.clone(), retry], "the events behind it are retried");
    unpark(&store, &lease, &kept[0], ParkedOutcome::Discarded { reason }).await;
    let next = list(&store, lease.generation).await.remove(2);
    assert_eq!((next.id, next.discarded, next.request), (kept[2].id, None, Some(ParkedRequest::Retry)));
}

pub(crate) async fn no_other_event_is_discarded_than_the_requested_one<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let (lease, kept) = with_parked(&store).await;
    let discard = |event: &ParkedEvent| ParkedRequest::Discard {
        position: Some(event.position),
        reason: "seen by an operator".to_owned(),
    };
    let requests = async || {
        let events = list(&store, lease.generation).await;
        events.into_iter().map(|event| (event.id, event.request)).collect::<Vec<_>>()
    };
    // It is not the first of its key.
    assert!(!request(&store, lease.generation, "a", &discard(&kept[2])).await);
    assert!(requests().await.iter().all(|(_, request)| request.is_none()));
    // It is applied before the worker sees the request.
    assert!(request(&store, lease.generation, "a", &discard(&kept[0])).await);
    unpark(&store, &lease, &kept[0], ParkedOutcome::Applied).await;
    let retry = Some(ParkedRequest::Retry);
    assert_eq!(requests().await, [(kept[1].id, None), (kept[2].id, retry.clone()), (kept[3].id, retry)]);
    // It was applied already.
    assert!(!request(&store, lease.generation, "a", &discard(&kept[0])).await);
}

pub(crate) async fn an_event_that_fails_again_loses_its_request<S: ReadModelStore>(store: ReadModels<S>) {
    let (lease, kept) = with_parked(&store).await;
    assert!(request(&store, lease.generation, "a", &ParkedRequest::Retry).await);
    unpark(&store, &lease, &kept[0], ParkedOutcome::Failed { error: "no again".into() }).await;
    let again = list(&store, lease.generation).await.remove(0);
    assert_eq!((again.id, again.error.as_deref()), (kept[0].id, Some("no again")));
    assert_eq!((again.attempts, again.request), (kept[0].attempts + 1, None));
    let checkpoint = store.checkpoint(lease.generation).await;
    assert_eq!((checkpoint.parked, checkpoint.parked_requests), (4, 0));
}

pub(crate) async fn an_event_is_unparked_with_the_rest_of_the_transaction<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let (lease, kept) = with_parked(&store).await;
    assert!(request(&store, lease.generation, "a", &ParkedRequest::Retry).await);
    let before = list(&store, lease.generation).await;
    let mut transaction = store.begun(&lease).await;
    let discarded = ParkedOutcome::Discarded { reason: "no".into() };
    let failed = ParkedOutcome::Failed { error: "no again".into() };
    for (event, outcome) in [(&kept[0], ParkedOutcome::Applied), (&kept[1], discarded), (&kept[2], failed)] {
        transaction.unpark(&lease, event, &outcome).await.expect("the store can be written");
    }
    assert_eq!(list(&store, lease.generation).await, before, "not before it is committed");
    transaction.roll_back().await.expect("the connection works");
    assert_eq!(list(&store, lease.generation).await, before);
}
