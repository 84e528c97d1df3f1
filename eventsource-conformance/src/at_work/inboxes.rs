//! Inboxes: messages of other systems are answered with commands, each once.

use std::{sync::Arc, time::Duration};

use eventsource::{
    Metadata, Position,
    projections::ProjectionState,
    reacting::{InboxHandle, ReceiveError, Received, Retention},
    store::ReadModelStore,
};

use crate::{
    support::{
        AlreadyClosed, Lamp, Payment, Payments, Program, ReadModels, Switches, Tally, Totals, add, added,
        close, ended, eventually, is, payment, polled, race, retried_on_conflict, started, switch, tally,
        total_of,
    },
    torture,
};

type Handles<S, I> = InboxHandle<Arc<S>, I>;

fn payments<S: ReadModelStore>(program: &Program<S>) -> Handles<S, Payments> {
    program.inbox(Payments, Retention::FOREVER)
}

async fn total<S: ReadModelStore>(program: &Program<S>, id: &str) -> u64 {
    program.load::<Tally>(&id.to_owned()).await.expect("the tally can be loaded").state.total
}

async fn received<S: ReadModelStore>(inbox: &Handles<S, Payments>, payment: &Payment) -> Received {
    loop {
        match inbox.receive(payment).await {
            Ok(received) => return received,
            Err(error) => assert!(matches!(error, ReceiveError::Conflict { .. }), "{error:?}"),
        }
    }
}

/// The same for a message of a log.
async fn received_from<S: ReadModelStore>(
    inbox: &Handles<S, Payments>,
    shard: &str,
    offset: u64,
    payment: &Payment,
) -> bool {
    loop {
        match inbox.receive_from(shard, offset, payment).await {
            Ok(receipt) => return receipt.is_some(),
            Err(error) => assert!(matches!(error, ReceiveError::Conflict { .. }), "{error:?}"),
        }
    }
}

pub(crate) async fn a_message_is_executed_once_and_returns_its_first_receipt<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let program = store.program().build();
    let message = payment(1, "a", 5);
    let Received::New(first) = received(&payments(&program), &message).await else { panic!("it is new") };
    let events = store.events().events_of(&tally("a")).await;
    let of_tally = first.receipts.iter().find(|it| it.stream == tally("a")).expect("it got an event");
    assert_eq!(
        (of_tally.version, of_tally.position),
        (events[0].context.version, events[0].context.position)
    );
    assert_eq!(first.receipts.len(), 2);
    added(&program, "a", 1).await;
    for program in [program, store.program().build()] {
        let Received::Again(again) = received(&payments(&program), &message).await else { panic!("again") };
        assert!(again.receipts.iter().all(|receipt| receipt.repeated));
        assert_eq!(again.position(), first.position());
        assert!(matches!(
            received(&payments(&program), &payment("0", "a", 0)).await.receipt().position(),
            Position::START
        ));
        assert_eq!((total(&program, "a").await, total(&program, "count").await), (6, 1));
    }
}

pub(crate) async fn concurrent_deliveries_of_a_message_are_executed_once<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let programs = [store.program().build(), store.program().build()];
    let inboxes = programs.each_ref().map(payments);
    let rounds = torture::times(50) as u64;
    for round in 0..rounds {
        let message = payment(round, &format!("a-{}", round % 3), 1);
        let outcomes = race(6, |n| {
            let (inbox, message) = (inboxes[n % 2].clone(), message.clone());
            async move { received(&inbox, &message).await }
        })
        .await;
        let new = outcomes.iter().filter(|it| matches!(it, Received::New(_))).count();
        assert_eq!(new, 1, "{outcomes:?}");
        let position = outcomes[0].receipt().position();
        assert!(outcomes.iter().all(|it| it.receipt().position() == position), "{outcomes:?}");
    }
    assert_eq!(total(&programs[0], "count").await, rounds);
}

pub(crate) async fn messages_and_commands_of_racing_programs_lose_nothing<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let programs = [store.program().build(), store.program().build()];
    race(6, |n| {
        let program = programs[n % 2].clone();
        async move {
            let inbox = payments(&program);
            for round in 0..10 {
                if n < 4 {
                    received(&inbox, &payment(format!("{n}/{round}"), "hot", 1)).await;
                } else {
                    retried_on_conflict!(program.execute(add("hot", 1))).expect("it is open");
                }
            }
        }
    })
    .await;
    assert_eq!((total(&programs[0], "hot").await, total(&programs[1], "count").await), (60, 40));
}

pub(crate) async fn a_rejection_executes_nothing_and_the_message_can_be_received_later<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let (program, other) = (store.program().build(), store.program().build());
    let inbox = payments(&program);
    // The state is cached as an open one.
    received(&inbox, &payment(0, "closed", 1)).await;
    retried_on_conflict!(other.execute(close("closed"))).expect("it is open");
    for _ in 0..2 {
        match inbox.receive(&payment(1, "closed", 1)).await {
            Err(error @ ReceiveError::Rejected { .. }) => {
                assert_eq!(error.downcast_ref(), Some(&AlreadyClosed));
                assert!(error.to_string().contains("`Add` was rejected"), "{error}");
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(total(&program, "count").await, 1, "no command of the message is executed");
    assert!(matches!(received(&inbox, &payment(0, "closed", 1)).await, Received::Again(_)));
    assert!(matches!(received(&inbox, &payment(1, "open", 1)).await, Received::New(_)));
}

pub(crate) async fn a_rejection_that_is_accepted_is_kept_and_not_executed_after_a_compensation<
    S: ReadModelStore,
>(
    store: ReadModels<S>,
) {
    let program = store.program().build();
    let inbox = program.inbox(Switches, Retention::FOREVER);
    program.execute(switch("red", true)).await.expect("it is off");
    let first = inbox.receive(&"red".to_owned()).await.expect("the rejection is accepted");
    assert!(matches!(first, Received::New(_)));
    let rejected: Vec<_> = first.receipt().rejected.iter().map(|it| (&*it.command, &*it.reason)).collect();
    assert_eq!(rejected, [("Switch", "the lamp is in that state")]);
    assert_eq!(first.receipt().receipts.len(), 1, "the other command is executed");

    // Now the aggregate would accept the command.
    program.execute(switch("red", false)).await.expect("it is on");
    let again = inbox.receive(&"red".to_owned()).await.expect("it was received");
    assert!(matches!(again, Received::Again(_)));
    assert_eq!(again.receipt().rejected, first.receipt().rejected);
    assert!(!program.load::<Lamp>(&"red".to_owned()).await.expect("it can be loaded").state.is_on);
}

pub(crate) async fn a_receive_that_is_dropped_is_executed_once_by_the_next_one<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let program = store.program().build();
    let inbox = payments(&program);
    let mut polls = 0;
    loop {
        let message = payment(polls, &format!("a-{polls}"), 1);
        let ended = polled(polls, inbox.receive(&message)).await.is_some();
        received(&inbox, &message).await;
        assert_eq!(total(&program, &message.tally).await, 1, "after {polls} polls");
        if ended {
            break;
        }
        polls += 1;
    }
    assert_eq!(total(&program, "count").await, polls as u64 + 1);
}

pub(crate) async fn a_shard_of_a_log_continues_after_its_last_offset<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let program = store.program().build();
    let inbox = payments(&program);
    assert_eq!(inbox.offset("one").await.expect("it can be read"), None);
    // All have the same number: it is not used.
    for (offset, executed) in [(0, true), (1, true), (1, false), (0, false), (7, true), (6, false), (8, true)]
    {
        let message = payment("same", "a", 1);
        assert_eq!(received_from(&inbox, "one", offset, &message).await, executed, "offset {offset}");
    }
    assert!(received_from(&inbox, "other", 0, &payment("same", "a", 1)).await);
    assert!(received_from(&inbox, "other", 5, &payment("same", "a", 0)).await, "without commands");
    let program = store.program().build();
    let inbox = payments(&program);
    assert_eq!(inbox.offset("one").await.expect("it can be read"), Some(9));
    assert_eq!(inbox.offset("other").await.expect("it can be read"), Some(6));
    assert!(!received_from(&inbox, "one", 8, &payment("same", "a", 1)).await);
    assert_eq!(total(&program, "a").await, 5);

    retried_on_conflict!(program.execute(close("a"))).expect("it is open");
    let rejected = inbox.receive_from("one", 9, &payment("same", "a", 1)).await;
    assert!(matches!(rejected, Err(ReceiveError::Rejected { .. })), "{rejected:?}");
    assert_eq!(inbox.offset("one").await.expect("it can be read"), Some(9));
    // A message is apart from a shard, whatever its number.
    let message = payment("one", "b", 1);
    assert!(matches!(
        received(&inbox, &Payment { number: "log/one".to_owned(), ..message }).await,
        Received::New(_)
    ));
    assert_eq!(inbox.offset("one").await.expect("it can be read"), Some(9));
}

pub(crate) async fn programs_that_receive_the_same_shard_execute_each_offset_once<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let programs = [store.program().build(), store.program().build()];
    let inboxes = programs.each_ref().map(payments);
    let executed = race(4, |n| {
        let inbox = inboxes[n % 2].clone();
        async move {
            let mut executed = 0_u64;
            for offset in 0..20 {
                executed += u64::from(received_from(&inbox, "one", offset, &payment(0, "a", 1)).await);
            }
            executed
        }
    })
    .await;
    assert_eq!((executed.iter().sum::<u64>(), total(&programs[0], "a").await), (20, 20));
}

pub(crate) async fn an_inbox_updates_inline_projections<S: ReadModelStore>(store: ReadModels<S>) {
    let program = store.program().inline(Totals::<1, 1>::new()).build();
    let workers = started(&program).await;
    is(&program, "totals", ProjectionState::Inline).await;
    received(&payments(&program), &payment(1, "a", 5)).await;
    // No wait for the projection: it is in the transaction of the message.
    assert_eq!(total_of(&program, "a").await.map(|row| row.total), Some(5));
    let without = store.program().build();
    let refused = payments(&without).receive(&payment(2, "a", 5)).await;
    assert!(matches!(refused, Err(ReceiveError::Inline(_))), "{refused:?}");
    assert!(matches!(received(&payments(&program), &payment(2, "a", 5)).await, Received::New(_)));
    ended(workers).await;
}

pub(crate) async fn events_of_a_message_have_its_metadata<S: ReadModelStore>(store: ReadModels<S>) {
    let program = store.program().build();
    let inbox = payments(&program);
    let mut metadata = Metadata::new().with("topic", "payments");
    metadata.correlation_id = Some("0191d9a4-5c2b-7000-8000-000000000001".parse().expect("a UUID"));
    metadata.causation_id = Some("0191d9a4-5c2b-7000-8000-000000000002".parse().expect("a UUID"));
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    metadata.traceparent = Some(trace.parse().expect("a trace context"));
    received(&inbox.with_metadata(metadata.clone()), &payment(1, "a", 1)).await;
    for id in ["a", "count"] {
        assert_eq!(store.events().events_of(&tally(id)).await[0].context.metadata, metadata);
    }
    received(&inbox, &payment(2, "b", 1)).await;
    let one = &store.events().events_of(&tally("b")).await[0].context.metadata;
    assert!(one.correlation_id.is_some() && one.correlation_id == one.causation_id, "{one:?}");
    assert_eq!(&store.events().events_of(&tally("count")).await[1].context.metadata, one);
}

pub(crate) async fn messages_are_forgotten_after_the_retention_and_positions_of_logs_never<
    S: ReadModelStore,
>(
    store: ReadModels<S>,
) {
    let program = store.program().build();
    let long = program.inbox(Payments, Retention::of(Duration::from_secs(3_600)));
    for number in 0..3 {
        received(&long, &payment(number, "a", 1)).await;
    }
    assert!(received_from(&long, "one", 4, &payment("", "a", 1)).await);
    for number in 0..3 {
        assert!(matches!(received(&long, &payment(number, "a", 1)).await, Received::Again(_)));
    }
    let purged = program.purge_outcomes("payments", Duration::from_secs(3_600)).await;
    assert_eq!(purged.expect("the store can be written"), 0);

    eventually("an inbox with a short retention forgets them", || async {
        let short = program.inbox(Payments, Retention::of(Duration::ZERO));
        // Another message each time: a new one removes old outcomes.
        let count = total(&program, "count").await;
        received(&short, &payment(format!("more-{count}"), "b", 1)).await;
        matches!(received(&long, &payment(1, "a", 1)).await, Received::New(_))
    })
    .await;
    assert_eq!(long.offset("one").await.expect("it can be read"), Some(5));
    eventually("a message is removed on request", || async {
        // The inbox with a short retention may remove others in the background.
        let count = total(&program, "count").await;
        received(&long, &payment(format!("last-{count}"), "b", 1)).await;
        program.purge_outcomes("payments", Duration::ZERO).await.expect("it can be written") > 0
    })
    .await;
    assert_eq!(long.offset("one").await.expect("it can be read"), Some(5));
}

pub(crate) async fn a_command_is_executed_again_under_a_key_that_was_purged<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let program = store.program().build();
    let keyed = || program.execute(add("a", 1)).idempotency_key("once");
    assert!(!keyed().await.expect("it is open").repeated);
    let hour = Duration::from_secs(3_600);
    assert_eq!(program.purge_idempotency_keys(hour).await.expect("the store can be written"), 0);
    assert!(keyed().await.expect("it is open").repeated);
    eventually("the key is forgotten", || async {
        program.purge_idempotency_keys(Duration::ZERO).await.is_ok_and(|purged| purged == 1)
    })
    .await;
    assert!(!keyed().await.expect("it is open").repeated);
    assert_eq!(total(&program, "a").await, 2);
}
