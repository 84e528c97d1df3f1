use serde_json::json;

use super::*;
use crate::projections::sample::generation;

fn balances() -> ProjectionStatus {
    ProjectionStatus {
        name: "balances".to_owned(),
        version: 2,
        kind: ProjectionKind::Following,
        generation: GenerationId::new(7),
        role: GenerationState::Live,
        state: ProjectionState::NeedsTypes(vec!["account.closed".to_owned()]),
        position: Position::new(40),
        lag: 2,
        lag_time: Duration::from_millis(1_500),
        events: 39,
        rate: 0.5,
        parked: 3,
        last_error: Some("no\u{1b}[2J".to_owned()),
        owners: vec![Owner { partition: 0, application: "bank (17)".to_owned(), lives: false }],
        partitions: 1,
    }
}

fn status() -> Status {
    let holder = HorizonHolder {
        pid: Some(4_711),
        application: "psql".to_owned(),
        state: "idle in transaction".to_owned(),
        since: None,
        age: Duration::from_secs(61),
    };
    Status { horizon: Position::new(42), held_back_by: vec![holder], projections: vec![balances()] }
}

#[test]
fn the_text_of_a_status_has_what_an_operator_looks_for() {
    let lines = [
        "horizon 42",
        "held back by process 4711 of `psql`, idle in transaction, for 61.0 s",
        "balances version 2 (generation 7): waiting for a worker that reads `account.closed`, which this program does \
         not; at position 40, 2 behind (1.5 s); 39 events applied, 3 parked; last error: no\\u{1b}[2J",
    ];
    assert_eq!(status().to_string(), lines.join("\n"));
    assert_eq!(balances().owners[0].to_string(), "partition 0: bank (17) (dead)");
    let idle = ProjectionStatus { parked: 0, last_error: None, state: ProjectionState::Live, ..balances() };
    assert_eq!(
        idle.to_string(),
        "balances version 2 (generation 7): live; at position 40, 2 behind (1.5 s); 39 events applied"
    );
}

#[test]
fn the_json_of_a_status_has_seconds_and_the_kind_of_each_state() {
    let json = serde_json::to_value(status()).expect("JSON");
    assert_eq!(json["horizon"], 42);
    assert_eq!(
        json["held_back_by"],
        json!([{
            "pid": 4_711, "application": "psql", "state": "idle in transaction", "since": null, "age_seconds": 61.0,
        }])
    );
    assert_eq!(
        json["projections"][0],
        json!({
            "name": "balances", "version": 2, "kind": "following", "generation": 7, "role": "live",
            "state": { "kind": "needs_types", "detail": ["account.closed"] },
            "position": 40, "lag": 2, "lag_seconds": 1.5, "events": 39, "rate": 0.5, "parked": 3,
            "last_error": "no\u{1b}[2J",
            "owners": [{ "partition": 0, "application": "bank (17)", "lives": false }],
            "partitions": 1,
        })
    );
    let stopped = StopReason::Failed {
        event: "`noted` version 1".to_owned(),
        position: Position::new(3),
        attempts: 5,
        error: "no".to_owned(),
    };
    assert_eq!(
        serde_json::to_value(ProjectionState::Stopped(stopped)).expect("JSON"),
        json!({
            "kind": "stopped",
            "detail": {
                "kind": "failed", "event": "`noted` version 1", "position": 3, "attempts": 5, "error": "no",
            },
        })
    );
    assert_eq!(
        serde_json::to_value(ProjectionState::CatchingUp).expect("JSON"),
        json!({ "kind": "catching_up" })
    );
}

#[test]
fn the_error_of_a_swap_is_that_of_a_building_generation_at_the_position_of_the_live_one() {
    let live = generation(1, &[9, 12]);
    let building = |positions: &[u64], swap_when_ready: bool| {
        let mut building = Generation { swap_when_ready, ..generation(2, positions) };
        building.checkpoints[0].last_error = Some("a view depends on it".to_owned());
        building
    };
    let error = Some("a view depends on it".to_owned());
    for positions in [[9, 9], [9, 20], [10, 10]] {
        assert_eq!(swap_error(&building(&positions, true), Some(&live)), error, "{positions:?}");
    }
    assert_eq!(swap_error(&building(&[8, 20], true), Some(&live)), None, "the error of an event");
    assert_eq!(swap_error(&building(&[9, 9], false), Some(&live)), None);
    assert_eq!(swap_error(&building(&[9, 9], true), None), None);
}
