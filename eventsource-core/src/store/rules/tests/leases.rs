use GenerationState::{Building, Live, Retired};

use super::generations::generation;
use crate::{
    Position, Timestamp,
    store::{Claim, Generation, GenerationState, Lease, StopReason, WorkerId, rules::leases::*},
};

/// Who owns a partition, seen by the worker that claims it.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Owner {
    Nobody,
    Itself,
    Other,
    DeadOther,
}
use Owner::{DeadOther, Itself, Nobody, Other};

const STOPPED: u64 = 4;

fn reason() -> StopReason {
    StopReason::Undecodable { position: Position::new(9), error: "no".to_owned() }
}

/// A generation whose second partition has this owner, is in epoch 4, and is stopped or not.
fn owned(state: GenerationState, worker: WorkerId, owner: Owner, is_stopped: bool) -> Generation {
    let mut generation = generation(state);
    let checkpoint = &mut generation.checkpoints[1];
    checkpoint.epoch = STOPPED;
    checkpoint.owner = match owner {
        Nobody => None,
        Itself => Some(worker),
        Other | DeadOther => Some(WorkerId::new()),
    };
    checkpoint.owner_lives = matches!(owner, Itself | Other);
    if is_stopped {
        checkpoint.stopped = Some(crate::store::Stopped { reason: reason(), at: Timestamp::MIN });
    }
    generation
}

#[test]
fn a_partition_is_claimed_if_every_condition_holds() {
    let worker = WorkerId::new();
    let all_owners = [Nobody, Itself, Other, DeadOther];
    for state in [Building, Live, Retired] {
        for owner in all_owners {
            for is_stopped in [false, true] {
                for stopped_in in [None, Some(STOPPED), Some(STOPPED - 1), Some(STOPPED + 1)] {
                    for is_open in [false, true] {
                        let expected = !is_open
                            && state != Retired
                            && match stopped_in {
                                None => !is_stopped && owner != Other,
                                Some(epoch) => is_stopped && epoch == STOPPED,
                            };
                        let mut generation = owned(state, worker, owner, is_stopped);
                        let before = generation.clone();
                        let claim = Claim { stopped_in, ..Claim::of(generation.id, 1, worker) };
                        let lease = claim_of(&claim, &mut generation, is_open);
                        let case =
                            format!("{state:?} {owner:?} stopped {is_stopped} {claim:?} open {is_open}");
                        assert_eq!(lease.is_some(), expected, "{case}");
                        let Some(lease) = lease else {
                            assert_eq!(generation, before, "{case}");
                            continue;
                        };
                        let checkpoint = &generation.checkpoints[1];
                        assert_eq!(lease.epoch, STOPPED + 1, "{case}");
                        assert_eq!(
                            (checkpoint.epoch, checkpoint.owner),
                            (lease.epoch, Some(worker)),
                            "{case}"
                        );
                        assert_eq!(checkpoint.stopped, None, "{case}");
                        assert_eq!(generation.checkpoints[0], before.checkpoints[0], "{case}");
                    }
                }
            }
        }
    }
    let mut generation = generation(Live);
    let missing = Claim::of(generation.id, 2, worker);
    assert_eq!(claim_of(&missing, &mut generation, false), None);
}

fn claim_of(wanted: &Claim, generation: &mut Generation, is_open: bool) -> Option<Lease> {
    claim(wanted, generation, is_open)
}

/// A live generation with a lease on its second partition.
fn leased() -> (Generation, Lease) {
    let mut generation = owned(Live, WorkerId::new(), Nobody, false);
    let wanted = Claim::of(generation.id, 1, WorkerId::new());
    let lease = claim(&wanted, &mut generation, false).expect("the partition is free");
    (generation, lease)
}

type Happening = fn(&mut Generation, &Lease);

/// What may have happened since the lease was given.
const HAPPENINGS: [(&str, Happening); 8] = [
    ("nothing", |_, _| {}),
    ("it was released", |generation, lease| release(lease, generation)),
    ("its worker left", |generation, lease| leave(lease.worker, generation)),
    ("it was revoked", |generation, _| revoke(generation)),
    ("it was claimed", |generation, lease| {
        claim(&Claim::of(lease.generation, 1, lease.worker), generation, false).expect("it is its own");
    }),
    ("it was stopped", |generation, lease| stop(lease, generation, &reason(), Timestamp::MIN)),
    ("the generation was retired", |generation, _| generation.state = Retired),
    ("the generation was promoted", |generation, _| generation.inline = true),
];

#[test]
fn a_lease_allows_what_it_allows_until_it_is_lost() {
    // Whether a transaction can begin; whether one that was begun can advance; whether it is held.
    let expected = [
        (true, true, true),
        (false, true, false),
        (false, true, false),
        (false, false, false),
        (false, false, false),
        (false, true, true),
        (false, true, true),
        (false, true, true),
    ];
    for ((event, happens), (begins, advances, holds)) in HAPPENINGS.into_iter().zip(expected) {
        let (mut generation, lease) = leased();
        generation.checkpoints[1].last_error = Some("it failed".to_owned());
        happens(&mut generation, &lease);
        assert_eq!(begin(&lease, &generation), begins.then_some(Position::new(5)), "{event}");
        assert_eq!(is_held(&lease, &generation.checkpoints[1]), holds, "{event}");
        let mut noted = generation.clone();
        note_error(&lease, &mut noted, Some("again"));
        assert_eq!(noted.checkpoints[1].last_error.as_deref() == Some("again"), holds, "{event}");
        let before = generation.clone();
        assert_eq!(
            advance(&lease, &mut generation, Position::new(8), 2, Timestamp::MAX),
            advances,
            "{event}"
        );
        let checkpoint = &generation.checkpoints[1];
        if advances {
            let found = (checkpoint.position.get(), checkpoint.events, &checkpoint.last_error);
            assert_eq!(found, (8, 2, &None), "{event}");
        } else {
            assert_eq!(generation, before, "{event}");
        }
    }
}

#[test]
fn a_lost_lease_releases_and_stops_nothing() {
    let (mut generation, lease) = leased();
    let next = claim(&Claim::of(lease.generation, 1, lease.worker), &mut generation, false);
    let before = generation.clone();
    release(&lease, &mut generation);
    stop(&lease, &mut generation, &reason(), Timestamp::MIN);
    assert_eq!(generation, before);
    release(&next.expect("it is its own"), &mut generation);
    assert_eq!(generation.checkpoints[1].owner, None);
}

#[test]
fn a_worker_that_leaves_releases_its_own_partitions_only() {
    let (mut generation, lease) = leased();
    let other = generation.checkpoints[0].owner;
    leave(lease.worker, &mut generation);
    assert_eq!((generation.checkpoints[0].owner, generation.checkpoints[1].owner), (other, None));
    assert_eq!(generation.checkpoints[1].epoch, lease.epoch);
}

#[test]
fn resuming_ends_every_stop_and_leaves_the_leases() {
    let (mut generation, lease) = leased();
    stop(&lease, &mut generation, &reason(), Timestamp::MIN);
    assert_eq!(generation.checkpoints[1].stopped.as_ref().map(|it| &it.reason), Some(&reason()));
    assert_eq!((resume(&mut generation), resume(&mut generation)), (1, 0));
    assert_eq!(begin(&lease, &generation), Some(Position::new(5)));
}
