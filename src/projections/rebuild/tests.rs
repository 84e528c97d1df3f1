use super::*;
use crate::{
    Timestamp,
    store::{Checkpoint, EventTypes, ProjectionKind},
};

fn generation(events: &[u64]) -> Generation {
    let checkpoint = |events: &u64| Checkpoint {
        position: Position::new(7),
        epoch: 1,
        owner: None,
        owner_application: None,
        owner_lives: false,
        events: *events,
        parked: 0,
        parked_requests: 0,
        last_error: None,
        stopped: None,
        updated_at: Timestamp::now(),
    };
    Generation {
        id: GenerationId::new(3),
        name: "accounts".to_owned(),
        version: 1,
        kind: ProjectionKind::Following,
        state: GenerationState::Building,
        inline: false,
        swap_when_ready: true,
        keep_old: false,
        created_at: Timestamp::now(),
        event_types: EventTypes::default(),
        checkpoints: events.iter().map(checkpoint).collect(),
    }
}

/// The progress of a rebuild that was at `from` ten seconds ago, and is at `position` of `total`.
fn progress(from: u64, position: u64, total: u64) -> RebuildProgress {
    let since = Instant::now() - Duration::from_secs(10);
    let [from, position, total] = [from, position, total].map(Position::new);
    progress_of(&generation(&[20, 30]), position, total, since, from)
}

#[test]
fn progress_is_counted_in_positions_and_events() {
    let reported = progress(100, 600, 1_100);
    assert_eq!((reported.done, reported.total, reported.events), (600, 1_100, 50));
}

#[test]
fn the_rate_is_measured_since_the_first_poll_and_predicts_the_remaining_time() {
    let reported = progress(100, 600, 1_100);
    assert!((45.0..=50.0).contains(&reported.rate), "500 positions in ten seconds: {reported:?}");
    let remaining = reported.remaining.expect("a rate").as_secs_f64();
    assert!((10.0..=11.5).contains(&remaining), "500 more at this rate: {reported:?}");
}

#[test]
fn nothing_remains_at_the_end() {
    assert_eq!(progress(100, 600, 600).remaining, Some(Duration::ZERO));
    assert_eq!(progress(100, 700, 600).remaining, Some(Duration::ZERO));
}

#[test]
fn a_rebuild_without_progress_has_no_remaining_time() {
    for reported in [progress(100, 100, 1_000), progress(100, 90, 1_000)] {
        assert_eq!((reported.rate, reported.remaining), (0.0, None), "{reported:?}");
    }
}

#[test]
fn a_rebuild_counts_the_events_of_all_partitions() {
    let made = rebuilt(&generation(&[1, 2, 4]));
    let expected =
        Rebuilt { generation: GenerationId::new(3), position: Position::new(7), events: 7, live: false };
    assert_eq!(made, expected);
}
