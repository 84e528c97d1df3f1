//! Event handlers that execute commands.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use eventsource::{
    Delivery, EventHandler, Position, ProjectionError,
    projections::ProjectionState,
    store::{ReadModelStore, StartAt},
};

use crate::support::{
    Program, ReadModels, TallyEvent, Totals, add, added, ended, eventually, included, is, started, total_of,
};

/// A handler that copies each event of a tally to another tally by a command, and is told when it is dropped.
struct Copies<S> {
    es: Program<S>,
    dropped: Arc<AtomicBool>,
}

#[async_trait]
impl<S: ReadModelStore> EventHandler for Copies<S> {
    type Event = TallyEvent;
    const NAME: &'static str = "copies";
    const CONCURRENCY: usize = 4;

    async fn handle(&self, event: Delivery<'_, TallyEvent>) -> Result<(), ProjectionError> {
        if let (TallyEvent::Added { amount }, false) = (event.event, event.aggregate_id().starts_with("copy"))
        {
            let copy = format!("copy-{}", event.aggregate_id());
            let executed = self.es.execute(add(&copy, *amount));
            executed.idempotency_key(event.idempotency_key.to_string()).await?;
        }
        Ok(())
    }
}

impl<S> Drop for Copies<S> {
    fn drop(&mut self) {
        self.dropped.store(true, Ordering::SeqCst);
    }
}

pub(crate) async fn a_handler_executes_commands_and_is_dropped_with_its_event_source<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let dropped = Arc::new(AtomicBool::new(false));
    let program = {
        let dropped = Arc::clone(&dropped);
        store
            .program()
            .handler_with(move |es| Copies { es, dropped }, StartAt::Beginning)
            .inline(Totals::<1, 1>::new())
            .build()
    };
    let workers = started(&program).await;
    is(&program, "totals", ProjectionState::Inline).await;
    let mut end = Position::START;
    for (amount, tally) in (1..=10).zip(["b", "c", "a"].into_iter().cycle()) {
        end = added(&program, tally, amount).await;
    }
    included(&program, "copies", end).await;
    // The inline rows of the handler's commands are committed with them.
    for tally in ["a", "b", "c"] {
        let row = total_of(&program, tally).await.expect("a row");
        let copy = total_of(&program, &format!("copy-{tally}")).await.expect("a row");
        assert_eq!(row.total, copy.total, "{tally}");
    }
    ended(workers).await;
    assert!(!dropped.load(Ordering::SeqCst));
    drop(program);
    eventually("the handler is dropped", || async {
        if dropped.load(Ordering::SeqCst) { Ok(()) } else { Err("it is kept") }
    })
    .await;
}
