//! Each program runs, on a little, and measures what it says it does.

use std::process::Command;

use eventsource_harness::TestDatabase;
use serde_json::Value;

/// What a program measures on so many events.
fn measures(program: &str, events: usize) -> Vec<Value> {
    let database = TestDatabase::create();
    let output = Command::new(program)
        .args(["--server", database.server_url(), "--events", &events.to_string()])
        .output()
        .expect("the program starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).expect("text");
    let measures = lines.lines().map(|line| serde_json::from_str(line).expect("JSON"));
    let measures: Vec<Value> = measures.collect();
    for measure in &measures {
        assert!(measure["value"].as_f64().is_some_and(|value| value >= 0.0), "{measure}");
        for floor in measure["beside"].as_array().expect("names") {
            assert!(measures.iter().any(|other| other["name"] == *floor), "{measure} has its floor");
        }
    }
    measures
}

#[test]
fn a_log_is_replayed() {
    assert_eq!(measures(env!("CARGO_BIN_EXE_bench-replay"), 2_000).len(), 5);
}

#[test]
fn the_lag_is_measured() {
    assert_eq!(measures(env!("CARGO_BIN_EXE_bench-lag"), 100).len(), 10);
}

#[test]
fn the_memory_is_measured() {
    assert_eq!(measures(env!("CARGO_BIN_EXE_bench-memory"), 2_000).len(), 2);
}
