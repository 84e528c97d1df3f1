use super::*;
use crate::{
    EventId, OnFailure, Timestamp, Version,
    projections::sample::{Pages, engine, leased, page},
    store::{ParkedOutcome, ProjectionKind, StoreTransaction},
};

fn parked(position: u64) -> ParkedEvent {
    ParkedEvent {
        key: "bad".to_owned(),
        position: Position::new(position),
        stream: page(),
        version: Version::new(position),
        id: EventId::new(),
        event_type: "page.noted".to_owned(),
        error: None,
        attempts: 0,
        parked_at: Timestamp::now(),
        request: None,
        discarded: None,
    }
}

#[tokio::test]
async fn an_event_behind_a_page_of_discarded_ones_is_waited_for() {
    let consumers = Pages::new(OnFailure::Park).consumers(ProjectionKind::Following);
    let engine = engine(consumers.clone());
    let lease = leased(&engine.store, consumers[0].definition()).await;
    let (mut transaction, _) = engine.store.begin(&lease).await.expect("begun").expect("not lost");
    let events: Vec<_> = (1..=FIRST_WAITING as u64 + 1).map(parked).collect();
    transaction.park(&lease, &events).await.expect("parked");
    for event in &events[..FIRST_WAITING] {
        let outcome = ParkedOutcome::Discarded { reason: "wrong".to_owned() };
        transaction.unpark(&lease, event, &outcome).await.expect("discarded");
    }
    transaction.commit().await.expect("committed");

    // No worker carries out the request.
    let retried = engine.request_parked("pages", "bad", ParkedRequest::Retry, Duration::ZERO).await;
    assert!(matches!(retried, Err(ParkedError::TimedOut { .. })), "{retried:?}");
}
