use GenerationState::{Building, Live, Retired};
use ProjectionKind::{Following, Handler, Inline};

use crate::{
    Position, Timestamp,
    store::{
        Definition, EventTypes, Generation, GenerationFault, GenerationId, GenerationRequest,
        GenerationState, ProjectionKind, StartAt, SwapAttempt, WorkerId, rules::generations::*,
    },
};

const OLD: GenerationId = GenerationId::new(6);
const NEW: GenerationId = GenerationId::new(7);
const LOG_END: Position = Position::new(90);

fn definition(kind: ProjectionKind, start: StartAt) -> Definition {
    let event_types = EventTypes::default();
    Definition { name: "p".to_owned(), version: 2, partitions: 2, kind, start, event_types }
}

fn existing(id: GenerationId, version: u32, state: GenerationState) -> Existing {
    Existing { id, version, state }
}

/// The generation in this state, whose two partitions are at 3 and 5.
pub(super) fn generation(state: GenerationState) -> Generation {
    let definition = definition(Following, StartAt::Beginning);
    let Due::Create(new) = Due::of(&definition, GenerationRequest::Start, []) else { panic!("none exists") };
    let mut generation = new.create(NEW, &definition, LOG_END, Timestamp::MIN);
    generation.state = state;
    for (checkpoint, position) in generation.checkpoints.iter_mut().zip([3, 5]) {
        checkpoint.position = Position::new(position);
        checkpoint.owner = Some(WorkerId::new());
    }
    generation
}

fn positions(generation: &Generation) -> Vec<u64> {
    generation.checkpoints.iter().map(|checkpoint| checkpoint.position.get()).collect()
}

#[test]
fn a_start_creates_a_generation_unless_there_is_one_of_its_version() {
    let definition = definition(Following, StartAt::Beginning);
    let create = |abandon, state, swap_when_ready| {
        let start = Some(Position::START);
        Due::Create(NewGeneration { abandon, state, swap_when_ready, keep_old: false, partitions: 2, start })
    };
    for (there, due) in [
        (vec![], create(None, Live, false)),
        (vec![existing(OLD, 9, Retired)], create(None, Live, false)),
        (vec![existing(OLD, 1, Live)], create(None, Building, true)),
        (vec![existing(OLD, 1, Live), existing(NEW, 1, Building)], create(Some(NEW), Building, true)),
        (vec![existing(OLD, 2, Live)], Due::Nothing),
        (vec![existing(OLD, 3, Live)], Due::Nothing),
        (vec![existing(OLD, 1, Live), existing(NEW, 2, Building)], Due::Nothing),
        (vec![existing(OLD, 2, Live), existing(NEW, 1, Building)], Due::Nothing),
    ] {
        let found = Due::of(&definition, GenerationRequest::Start, there.iter().copied());
        assert_eq!(found, due, "{there:?}");
    }
}

#[test]
fn a_rebuild_creates_a_generation_unless_one_is_building() {
    let definition = definition(Following, StartAt::Beginning);
    for (swap_when_ready, keep_old) in [(true, false), (false, true)] {
        let request = GenerationRequest::Rebuild { swap_when_ready, keep_old };
        let create = |state, swap_when_ready| {
            let (abandon, start) = (None, Some(Position::START));
            Due::Create(NewGeneration { abandon, state, swap_when_ready, keep_old, partitions: 2, start })
        };
        let options = Due::SwapOptions { building: NEW, swap_when_ready, keep_old };
        for (there, due) in [
            (vec![], create(Live, false)),
            (vec![existing(OLD, 2, Live)], create(Building, swap_when_ready)),
            (vec![existing(OLD, 2, Live), existing(NEW, 1, Building)], options),
            (vec![existing(OLD, 2, Live), existing(NEW, 3, Retired)], create(Building, swap_when_ready)),
        ] {
            let found = Due::of(&definition, request, there.iter().copied());
            assert_eq!(found, due, "{there:?}");
        }
    }
}

#[test]
fn only_a_handler_that_is_built_again_starts_as_its_definition_says() {
    let after = Position::new(5);
    for (kind, start, has_live, expected) in [
        (Following, StartAt::Now, false, LOG_END),
        (Following, StartAt::Now, true, Position::START),
        (Inline, StartAt::After(after), true, Position::START),
        (Following, StartAt::After(after), false, after),
        (Handler, StartAt::Now, true, LOG_END),
        (Handler, StartAt::After(after), true, after),
        (Handler, StartAt::Beginning, false, Position::START),
    ] {
        let definition = definition(kind, start);
        let live = has_live.then_some(existing(OLD, 1, Live));
        let Due::Create(new) = Due::of(&definition, GenerationRequest::Start, live) else {
            panic!("{kind:?} {start:?} {has_live}: nothing is created");
        };
        let created = new.create(NEW, &definition, LOG_END, Timestamp::MIN);
        assert!(
            created.checkpoints.iter().all(|it| it.position == expected),
            "{kind:?} {start:?} {has_live}"
        );
    }
}

#[test]
fn a_generation_is_created_with_a_partition_at_least() {
    let definition = Definition { partitions: 0, ..definition(Following, StartAt::Beginning) };
    let due = Due::of(&definition, GenerationRequest::Start, []);
    assert!(matches!(due, Due::Create(NewGeneration { partitions: 1, .. })), "{due:?}");
}

#[test]
fn swap_options_are_those_of_a_building_generation() {
    for (state, keep_old, expected) in [
        (Building, Some(true), (true, true)),
        (Building, None, (true, false)),
        (Live, Some(true), (false, false)),
        (Retired, Some(true), (false, false)),
    ] {
        let mut generation = generation(state);
        set_swap_options(&mut generation, true, keep_old);
        assert_eq!((generation.swap_when_ready, generation.keep_old), expected, "{state:?} {keep_old:?}");
    }
}

#[test]
fn a_generation_is_swapped_when_its_slowest_partition_has_reached_the_fastest_live_one() {
    let at = |position| Some(Position::new(position));
    for (state, live, building, expected) in [
        (Some(Building), at(5), at(5), "Ready(())"),
        (Some(Building), at(5), at(6), "Ready(())"),
        (Some(Building), None, at(0), "Ready(())"),
        (Some(Building), at(5), at(4), "Behind"),
        (Some(Building), at(5), None, "Gone"),
        (Some(Live), at(5), at(5), "Gone"),
        (Some(Retired), at(5), at(5), "Gone"),
        (None, None, at(5), "Gone"),
    ] {
        let attempt: SwapAttempt<()> = swap_attempt(state, live, building);
        assert_eq!(format!("{attempt:?}"), expected, "{state:?} {live:?} {building:?}");
    }
    let live = generation(Live);
    assert_eq!(swap_position(&live, LOG_END), Position::new(5));
    assert_eq!(swap_position(&Generation { inline: true, ..live }, LOG_END), LOG_END);
}

#[test]
fn a_swap_makes_one_live_and_retires_the_other() {
    let mut new = Generation { swap_when_ready: true, ..generation(Building) };
    let owners: Vec<_> = new.checkpoints.iter().map(|it| it.owner).collect();
    assert_eq!(make_live(&mut new), Ok(()));
    assert_eq!((new.state, new.swap_when_ready), (Live, false));
    assert_eq!(
        new.checkpoints.iter().map(|it| it.owner).collect::<Vec<_>>(),
        owners,
        "its leases stay valid"
    );
    for state in [Live, Retired] {
        let fault = GenerationFault::NotBuilding { generation: NEW };
        assert_eq!(make_live(&mut generation(state)), Err(fault.clone()));
        assert_eq!(check_building(NEW, Some(state)), Err(fault));
    }
    assert!(check_building(NEW, None).is_err());

    for (inline, expected) in [(false, [3, 5]), (true, [90, 90])] {
        let mut old = Generation { inline, swap_when_ready: true, ..generation(Live) };
        retire(&mut old, LOG_END, Timestamp::MAX);
        assert_eq!((old.state, old.inline, old.swap_when_ready), (Retired, false, false));
        assert_eq!(positions(&old), expected);
        assert!(old.checkpoints.iter().all(|it| it.owner.is_none()));
    }
}

#[test]
fn every_generation_but_the_live_one_can_be_abandoned() {
    for (state, expected) in [
        (None, Ok(false)),
        (Some(Building), Ok(true)),
        (Some(Retired), Ok(true)),
        (Some(Live), Err(GenerationFault::Live { generation: NEW })),
    ] {
        assert_eq!(abandon(NEW, state), expected, "{state:?}");
    }
}

#[test]
fn a_retired_generation_is_revived_if_none_is_building() {
    for (state, others, expected) in [
        (Some(Retired), &[Live][..], true),
        (Some(Retired), &[], true),
        (Some(Retired), &[Live, Retired], true),
        (Some(Retired), &[Live, Building], false),
        (Some(Live), &[Live], false),
        (Some(Building), &[Live], false),
        (None, &[Live], false),
    ] {
        let existing = others.iter().map(|other| existing(OLD, 1, *other));
        assert_eq!(may_revive(state, existing), expected, "{state:?} {others:?}");
    }
    let mut revived = Generation { swap_when_ready: true, ..generation(Retired) };
    revive(&mut revived);
    assert_eq!((revived.state, revived.swap_when_ready), (Building, false));
    assert_eq!(positions(&revived), [3, 5]);
}

#[test]
fn a_widening_revokes_the_leases_under_which_events_may_be_skipped() {
    let read = |types: &[&str], complete: bool| EventTypes {
        types: types.iter().map(|&name| (name.to_owned(), Some("order".to_owned()))).collect(),
        categories: complete.then(|| "order".to_owned()).into_iter().collect(),
    };
    for (before, program, revokes) in [
        (read(&["placed"], false), read(&["placed", "paid"], false), true),
        (read(&["placed"], true), read(&["placed", "paid"], true), false),
        (read(&["placed", "paid"], false), read(&["placed"], false), false),
    ] {
        let mut generation = Generation { event_types: before.clone(), ..generation(Live) };
        let widening = Widening::of(&before, &program);
        assert_eq!(widening.revokes, revokes, "{before:?} {program:?}");
        widening.apply(&mut generation);
        assert_eq!(generation.event_types, before.widened_by(&program));
        for checkpoint in &generation.checkpoints {
            assert_eq!((checkpoint.owner.is_none(), checkpoint.epoch), (revokes, u64::from(revokes)));
        }
    }
}

#[test]
fn a_live_generation_is_promoted_and_follows_from_the_end_of_the_log_once_it_is_demoted() {
    for (state, is_promoted) in [(Live, true), (Building, false), (Retired, false)] {
        let mut generation = generation(state);
        let fault = GenerationFault::NotLive { generation: NEW };
        assert_eq!(promote(&mut generation), if is_promoted { Ok(()) } else { Err(fault) }, "{state:?}");
        assert_eq!(generation.inline, is_promoted, "{state:?}");
        demote(&mut generation, LOG_END, Timestamp::MAX);
        assert!(!generation.inline);
        assert_eq!(positions(&generation), if is_promoted { [90, 90] } else { [3, 5] }, "{state:?}");
    }
    assert!(check_live(NEW, None).is_err());
}

#[test]
fn an_append_names_exactly_the_inline_generations() {
    for (inline, named, expected) in [
        (vec![], vec![], Ok(())),
        (vec![(OLD, "a"), (NEW, "b")], vec![NEW, OLD, NEW], Ok(())),
        (vec![(OLD, "a"), (NEW, "b")], vec![NEW], Err(vec!["a".to_owned(), "b".to_owned()])),
        (vec![], vec![NEW], Err(vec![])),
        (vec![(OLD, "a")], vec![NEW], Err(vec!["a".to_owned()])),
    ] {
        assert_eq!(check_inline(inline.clone(), &named), expected, "{inline:?} {named:?}");
    }
}
