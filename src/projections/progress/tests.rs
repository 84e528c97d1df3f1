use super::*;
use crate::store::WorkerId;

fn lease(generation: u64, partition: u32, epoch: u64) -> Lease {
    Lease { generation: GenerationId::new(generation), partition, epoch, worker: WorkerId::new() }
}

/// Lets time pass for all partitions.
fn pass(progress: &Progress, seconds: u64) {
    for pace in progress.partitions().values_mut() {
        pace.since -= Duration::from_secs(seconds);
    }
}

fn rate(progress: &Progress, partition: u32) -> f64 {
    progress.pace(GenerationId::new(1), partition).expect("processed by this process").rate
}

#[test]
fn the_rate_is_events_per_second_since_the_last_measurement() {
    let (progress, lease) = (Progress::default(), lease(1, 0, 1));
    progress.moved(&lease, Position::new(10), 60);
    assert_eq!(rate(&progress, 0), 0.0, "not known yet");
    pass(&progress, 4);
    progress.moved(&lease, Position::new(20), 140);
    let taken = rate(&progress, 0);
    assert!((45.0..=50.0).contains(&taken), "200 events in 4 seconds: {taken}");
    progress.moved(&lease, Position::new(30), 1_000);
    assert_eq!(rate(&progress, 0), taken, "measured every two seconds");
    pass(&progress, 10);
    progress.moved(&lease, Position::new(40), 0);
    let taken = rate(&progress, 0);
    assert!((90.0..=100.0).contains(&taken), "1,000 events in 10 seconds: {taken}");
    pass(&progress, 10);
    progress.moved(&lease, Position::new(50), 0);
    assert_eq!(rate(&progress, 0), 0.0, "no events");
}

#[test]
fn the_pace_of_one_partition_is_not_that_of_another() {
    let progress = Progress::default();
    let (one, other) = (lease(1, 0, 1), lease(1, 1, 1));
    for (lease, position) in [(&one, 5), (&other, 9), (&lease(2, 0, 1), 7)] {
        progress.moved(lease, Position::new(position), 0);
    }
    pass(&progress, 10);
    progress.moved(&one, Position::new(6), 50);
    progress.moved(&other, Position::new(9), 0);
    assert!(rate(&progress, 0) > 4.0);
    assert_eq!(rate(&progress, 1), 0.0);
    let position = |generation, partition| {
        progress.pace(GenerationId::new(generation), partition).map(|pace| pace.position.get())
    };
    assert_eq!([position(1, 0), position(1, 1), position(2, 0)], [Some(6), Some(9), Some(7)]);
    progress.forget(&one);
    assert_eq!([position(1, 0), position(1, 1), position(2, 0)], [None, Some(9), Some(7)]);
}

#[test]
fn a_new_lease_has_its_own_pace() {
    let progress = Progress::default();
    progress.moved(&lease(1, 0, 1), Position::new(90), 500);
    pass(&progress, 10);
    progress.moved(&lease(1, 0, 2), Position::new(40), 10);
    let pace = progress.pace(GenerationId::new(1), 0).expect("processed by this process");
    assert_eq!((pace.epoch, pace.position, pace.rate), (2, Position::new(40), 0.0), "the pace starts again");
    // The first move of the lease counts.
    pass(&progress, 2);
    progress.moved(&lease(1, 0, 2), Position::new(50), 10);
    let taken = rate(&progress, 0);
    assert!((8.0..=10.0).contains(&taken), "20 events in 2 seconds: {taken}");
}

#[test]
fn every_move_is_notified() {
    let progress = Progress::default();
    let mut changes = progress.subscribe();
    assert!(!changes.has_changed().expect("the sender exists"));
    progress.moved(&lease(1, 0, 1), Position::new(1), 0);
    assert!(changes.has_changed().expect("the sender exists"));
    changes.mark_unchanged();
    progress.changed();
    assert!(changes.has_changed().expect("the sender exists"));
}
