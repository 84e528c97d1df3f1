use super::*;
use crate::{
    OnFailure, Position, Timestamp,
    projections::sample::{Pages, generation},
    store::{EventTypes, ProjectionKind, Stopped},
};

fn stopped(reason: StopReason) -> Generation {
    let mut stopped = generation(1, &[0, 0]);
    stopped.checkpoints[1].stopped = Some(Stopped { reason, at: Timestamp::now() });
    stopped
}

fn needs_newer(schema_version: u32) -> StopReason {
    StopReason::NeedsNewerProgram {
        position: Position::new(1),
        category: "page".to_owned(),
        event_type: "page.noted".to_owned(),
        schema_version,
        known: None,
        application: String::new(),
    }
}

#[test]
fn a_program_that_has_met_an_event_it_does_not_know_is_outdated_until_it_ends() {
    let consumers = Pages::new(OnFailure::Stop).consumers(ProjectionKind::Following);
    let judged = |generation: &Generation, before| judge(&*consumers[0], generation, before);
    let running = generation(1, &[0, 0]);
    assert_eq!(judged(&running, None), Fitness::Fit);
    assert_eq!(judged(&stopped(needs_newer(3)), None), Fitness::Outdated);
    assert_eq!(judged(&running, Some(Fitness::Outdated)), Fitness::Outdated, "although it runs again");
    assert_eq!(judged(&running, Some(Fitness::Fit)), Fitness::Fit);
    assert_eq!(judged(&stopped(needs_newer(3)), Some(Fitness::Fit)), Fitness::Outdated);
    assert_eq!(judged(&stopped(needs_newer(2)), None), Fitness::Fit, "it knows the event");
    let undecodable = StopReason::Undecodable { position: Position::new(1), error: String::new() };
    assert_eq!(judged(&stopped(undecodable), None), Fitness::Fit, "no newer program is needed");
}

#[test]
fn a_program_that_reads_other_event_types_is_unfit_and_announces_nothing() {
    let consumers = Pages::new(OnFailure::Stop).consumers(ProjectionKind::Following);
    let mut fitnesses = Fitnesses::new(consumers);
    let other = Generation { event_types: EventTypes::default(), ..generation(1, &[0]) };
    fitnesses.judge_all(std::slice::from_ref(&other));
    assert!(fitnesses.is_unfit(&other) && fitnesses.supported().is_empty());
    let own = generation(1, &[0]);
    fitnesses.judge_all(std::slice::from_ref(&own));
    assert!(!fitnesses.is_unfit(&own));
    assert_eq!(fitnesses.supported().iter().map(|it| &*it.name).collect::<Vec<_>>(), ["pages"]);
}
