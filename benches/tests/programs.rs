//! Each benchmark runs on a few events and prints the measures that it names. It checks its results, and fails if they
//! are wrong.

use std::process::Command;

use eventsource_benches::Measure;
use eventsource_harness::TestDatabase;

/// The measures of a benchmark on this many events.
fn measures(benchmark: &str, events: usize) -> Vec<Measure> {
    let database = TestDatabase::create();
    let output = Command::new(env!("CARGO_BIN_EXE_bench"))
        .args([benchmark, "--server", database.server_url(), "--events", &events.to_string()])
        .output()
        .expect("the program starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).expect("text");
    let measures = lines.lines().map(|line| serde_json::from_str(line).expect("a measure"));
    let measures: Vec<Measure> = measures.collect();
    for measure in &measures {
        assert!(measure.value >= 0.0, "{measure:?}");
        for floor in &measure.compared_with {
            assert!(measures.iter().any(|other| other.name == *floor), "{measure:?} has its floor");
        }
    }
    measures
}

#[test]
fn commands_are_executed_over_many_accounts() {
    assert_eq!(measures("commands", 100).len(), 65);
}

#[test]
fn commands_are_executed_on_one_account() {
    assert_eq!(measures("hot", 100).len(), 9);
}

#[test]
fn single_events_are_appended() {
    assert_eq!(measures("appends", 1_000).len(), 25);
}

#[test]
fn batches_are_appended() {
    assert_eq!(measures("batches", 2_000).len(), 13);
}

#[test]
fn a_history_is_imported() {
    assert_eq!(measures("import", 1_000).len(), 5);
}

#[test]
fn accounts_are_loaded() {
    assert_eq!(measures("loads", 1_000).len(), 9);
}

#[test]
fn a_log_grows() {
    assert_eq!(measures("growth", 100).len(), 13);
}

#[test]
fn two_processes_execute_commands() {
    assert_eq!(measures("processes", 100).len(), 5);
}

#[test]
fn a_log_is_replayed() {
    assert_eq!(measures("replay", 2_000).len(), 8);
}

#[test]
fn the_lag_is_measured() {
    assert_eq!(measures("lag", 100).len(), 11);
}

#[test]
fn many_keys_fail_and_are_parked() {
    assert_eq!(measures("parking", 100).len(), 3);
}

#[test]
fn policies_react() {
    assert_eq!(measures("policies", 200).len(), 5);
}

#[test]
fn a_handler_calls_a_service() {
    assert_eq!(measures("handlers", 100).len(), 3);
}

#[test]
fn the_memory_is_measured() {
    assert_eq!(measures("memory", 2_000).len(), 2);
}
