//! The text of an answer, line by line.

use std::collections::BTreeMap;

use serde_json::json;
use uuid::Uuid;

use super::LEVELS;
use crate::{
    EventContext, EventId, Metadata, Position, StreamId, Timestamp, Version,
    store::{ProjectionKind, StopReason},
    why::{
        Behind, ConsumerOfEvent, Expected, Handling, Pending, Subject, Why, WhyEvent, WorkerOfPartition, tree,
    },
};

fn time(milliseconds: i64) -> Timestamp {
    let first = 1_764_498_543_120_000;
    Timestamp::from_microsecond(first + 1_000 * milliseconds).expect("a valid time")
}

/// An event with this number as its id and position, recorded this many milliseconds after the first.
fn event(number: u64, stream: &str, event_type: &str, cause: Option<u64>, at: i64) -> EventContext {
    let id = |number: u64| Uuid::from_u128(number.into());
    EventContext {
        stream: StreamId::new("order", stream).expect("a valid id"),
        version: Version::new(1),
        position: Position::new(number),
        id: EventId::from(id(number)),
        event_type: event_type.into(),
        schema_version: 1,
        metadata: Metadata { correlation_id: Some(id(7)), causation_id: cause.map(id), ..Metadata::new() },
        recorded_at: time(at),
    }
}

fn answer(events: Vec<WhyEvent>) -> Why {
    Why {
        subject: Subject::stream("order", "1"),
        asked_at: time(240_000_000),
        correlations: vec![Uuid::from_u128(7)],
        has_earlier: false,
        events,
        next: None,
        pending: Vec::new(),
        not_searched: Vec::new(),
        expected: Vec::new(),
        horizon: Position::new(1_000_000),
        held_back_by: Vec::new(),
    }
}

fn consumer(name: &str, handling: Handling) -> ConsumerOfEvent {
    ConsumerOfEvent { name: name.to_owned(), version: 1, kind: ProjectionKind::Handler, handling }
}

fn behind(partition: u32, worker: WorkerOfPartition) -> Behind {
    Behind {
        partition,
        checkpoint: Position::new(2_101),
        positions: 109,
        moved_at: time(239_960_000),
        worker,
        stopped: None,
        last_error: None,
    }
}

#[test]
fn an_answer_is_a_tree_with_what_the_consumers_have_made_of_its_ends() {
    let reaction = |mut event: EventContext, key: &str, value: &str| {
        event.metadata.entries = BTreeMap::from([(key.to_owned(), value.to_owned())]);
        event
    };
    let mut events = tree::ordered(vec![
        event(1_042, "1", "order.placed", Some(7), 0),
        reaction(
            event(1_047, "p", "payment.captured", Some(1_042), 400),
            Metadata::REACTIONS,
            "2 a>checkout",
        ),
        event(1_050, "1", "order.packed", Some(1_042), 60_000),
        reaction(
            event(2_210, "1", "order.shipped", Some(1_050), 183_600_000),
            Metadata::TIMER,
            "checkout>ship-by",
        ),
    ]);
    let gone = WorkerOfPartition::Gone { application: "shop-2".to_owned() };
    let stopped =
        StopReason::Undecodable { position: Position::new(2_102), error: "no such field".to_owned() };
    let last = events.last_mut().expect("an event");
    last.consumers = vec![
        consumer("notifications", Handling::Handled { checkpoint: Position::new(2_210), is_newer: false }),
        consumer(
            "award_points",
            Handling::Parked {
                key: "c-9".to_owned(),
                since: Position::new(2_190),
                error: Some("the account is closed".to_owned()),
                attempts: 5,
                more_keys: 1,
            },
        ),
        consumer(
            "forecasting",
            Handling::NotYet {
                behind: vec![behind(3, gone), behind(5, WorkerOfPartition::None)],
                partitions: 8,
            },
        ),
        consumer(
            "search",
            Handling::Stopped {
                behind: vec![Behind { stopped: Some(stopped), ..behind(0, WorkerOfPartition::None) }],
                partitions: 1,
            },
        ),
    ];
    let why = Why {
        pending: vec![Pending {
            name: "checkout".to_owned(),
            is_command: false,
            key: "1".to_owned(),
            timer: Some("remind".to_owned()),
            due_at: time(259_200_000),
            failed: None,
            caused_by: Some(Uuid::from_u128(1_047)),
        }],
        expected: vec![Expected {
            event_type: "loyalty.points_awarded".to_owned(),
            recorded: Vec::new(),
            waiting: vec!["award_points".to_owned(), "forecasting".to_owned()],
        }],
        has_earlier: true,
        ..answer(events)
    };
    let expected = "\
order.placed of order/1 v1 @1042 2025-11-30T10:29:03.120Z  execution 00000000-0000-0000-0000-000000000007
├─ payment.captured of order/p v1 @1047 +0.4 s  by checkout
│     timer \"remind\" of checkout 1 is due at +3 d
└─ order.packed of order/1 v1 @1050 +1 min
   └─ order.shipped of order/1 v1 @2210 +2 d 3 h  timer \"ship-by\" of checkout
         notifications  handled (checkpoint @2210)
         award_points   PARKED under c-9 since @2190: the account is closed (5 attempts), and under 1 more keys
         forecasting    perhaps not yet: partition 3 is at @2101, 109 positions before it, its worker shop-2 gone, moved 40 s ago
                                         partition 5 is at @2101, 109 positions before it, without a worker, moved 40 s ago
         search         not yet: partition 0 is at @2101, 109 positions before it, STOPPED: it cannot decode an event: no such field; once it can, call `resume`
earlier events of order/1 are left out: ask about one of them
loyalty.points_awarded: not recorded; not all events were handled by award_points, forecasting, see above";
    assert_eq!(why.to_string(), expected);

    let json = serde_json::to_value(&why).expect("it is JSON");
    assert_eq!(json["subject"], json!({ "stream": { "category": "order", "id": "1" } }));
    let last = &json["events"][3];
    let of_last = ["depth", "position", "stream", "timer", "recorded_at"].map(|field| &last[field]);
    assert_eq!(
        of_last,
        [&json!(2), &json!(2_210), &json!("order/1"), &json!("ship-by"), &json!("2025-12-02T13:29:03.12Z")]
    );
    assert_eq!(last["cause"], json!({ "kind": "event", "position": 1_050 }));
    assert_eq!(json["events"][0]["cause"]["kind"], "execution");
    let handling: Vec<_> = (0..4).map(|n| &last["consumers"][n]["handling"]["kind"]).collect();
    assert_eq!(handling, ["handled", "parked", "not_yet", "stopped"]);
    let behind = &last["consumers"][2]["handling"]["behind"][0];
    assert_eq!(behind["worker"], json!({ "kind": "gone", "application": "shop-2" }));
    assert_eq!((&behind["positions"], &behind["stopped"]), (&json!(109), &json!(null)));
    assert_eq!(json["pending"][0]["timer"], "remind");
    assert_eq!(json["expected"][0]["waiting"], json!(["award_points", "forecasting"]));
}

#[test]
fn a_long_chain_is_not_wider_than_its_indentation() {
    let chain = (1..=1_000).map(|n| event(n, "1", "order.noted", Some(n - 1), 0)).collect();
    let text = answer(tree::ordered(chain)).to_string();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 1_000);
    assert!(lines.iter().all(|line| line.chars().count() < 100 + 3 * LEVELS), "{text}");
    assert!(lines[999].contains("└─ (999 levels down) order.noted"), "{}", lines[999]);
}

#[test]
fn pending_timers_of_events_that_are_not_shown_are_at_the_end() {
    let why = Why {
        pending: vec![Pending {
            name: "Remind".to_owned(),
            is_command: true,
            key: "1".to_owned(),
            timer: None,
            due_at: time(-1_000),
            failed: Some("rejected\n".to_owned()),
            caused_by: None,
        }],
        ..answer(tree::ordered(vec![event(1, "1", "order.placed", None, 0)]))
    };
    let text = why.to_string();
    let last = "\nscheduled command Remind 1 FAILED when it was due at -1.0 s: rejected\\n";
    assert!(text.contains("  unknown cause") && text.ends_with(last), "{text}");
    let empty = Why { events: Vec::new(), ..why };
    assert!(empty.to_string().starts_with("order/1: no events\nscheduled command Remind 1"), "{empty}");
}
