//! The rules of leases: who may claim a partition, and what a lease allows.
//!
//! A store that keeps rows expresses a rule in one statement, so that no other transaction comes between the decision
//! and the change. Its statement then names the rule.

use crate::{
    Position, Timestamp,
    store::{Checkpoint, Claim, Generation, GenerationState, Lease, StopReason, Stopped, WorkerId},
};

/// Whether the claim succeeds on a partition with this checkpoint, of a generation with this state.
///
/// [`Checkpoint::owner_lives`] is what [`Liveness`](crate::store::Liveness) says of the owner, and `is_open` whether a
/// transaction is open on the partition.
#[must_use]
pub fn may_claim(claim: &Claim, state: GenerationState, checkpoint: &Checkpoint, is_open: bool) -> bool {
    let is_free = match claim.stopped_in {
        None => {
            let is_owned =
                checkpoint.owner_lives && checkpoint.owner.is_some_and(|owner| owner != claim.worker);
            checkpoint.stopped.is_none() && !is_owned
        }
        Some(epoch) => checkpoint.stopped.is_some() && checkpoint.epoch == epoch,
    };
    is_processed(state) && !is_open && is_free
}

/// Gives the partition to the worker: its epoch rises, and it is not stopped. `None` if it
/// [may not be claimed](may_claim), or does not exist.
pub fn claim(claim: &Claim, generation: &mut Generation, is_open: bool) -> Option<Lease> {
    let state = generation.state;
    let checkpoint = checkpoint_of(generation, claim.partition)?;
    if !may_claim(claim, state, checkpoint, is_open) {
        return None;
    }
    checkpoint.owner = Some(claim.worker);
    checkpoint.epoch += 1;
    checkpoint.stopped = None;
    let Claim { generation, partition, worker, .. } = *claim;
    Some(Lease { generation, partition, epoch: checkpoint.epoch, worker })
}

/// Whether workers process a generation with this state.
#[must_use]
pub fn is_processed(state: GenerationState) -> bool {
    state != GenerationState::Retired
}

/// Whether the partition was not claimed or revoked since. A transaction that was begun under the lease may
/// [`advance`] and commit, even if its worker has left meanwhile.
#[must_use]
pub fn is_current(lease: &Lease, checkpoint: &Checkpoint) -> bool {
    checkpoint.epoch == lease.epoch
}

/// Whether the lease is not lost: it is current, and the partition was not released.
#[must_use]
pub fn is_held(lease: &Lease, checkpoint: &Checkpoint) -> bool {
    is_current(lease, checkpoint) && checkpoint.owner.is_some()
}

/// The position from which a transaction under the lease starts. `None` if the lease is lost, the partition is stopped, or
/// the generation is retired or inline.
#[must_use]
pub fn begin(lease: &Lease, generation: &Generation) -> Option<Position> {
    let checkpoint = generation.checkpoints.get(usize::try_from(lease.partition).ok()?)?;
    let may_begin = is_held(lease, checkpoint)
        && checkpoint.stopped.is_none()
        && is_processed(generation.state)
        && !generation.inline;
    may_begin.then_some(checkpoint.position)
}

/// Moves the checkpoint, counts the events, and clears the last error. Returns whether the lease is
/// [current](is_current): nothing is changed otherwise, and the transaction must not commit.
pub fn advance(
    lease: &Lease,
    generation: &mut Generation,
    position: Position,
    events: u64,
    now: Timestamp,
) -> bool {
    let checkpoint = checkpoint_of(generation, lease.partition);
    let Some(checkpoint) = checkpoint.filter(|it| is_current(lease, it)) else { return false };
    checkpoint.position = position;
    checkpoint.events += events;
    checkpoint.last_error = None;
    checkpoint.updated_at = now;
    true
}

/// Releases the partition, unless the lease is lost.
pub fn release(lease: &Lease, generation: &mut Generation) {
    if let Some(checkpoint) = held(lease, generation) {
        checkpoint.owner = None;
    }
}

/// Releases all partitions of a worker.
pub fn leave(worker: WorkerId, generation: &mut Generation) {
    for checkpoint in generation.checkpoints.iter_mut().filter(|it| it.owner == Some(worker)) {
        checkpoint.owner = None;
    }
}

/// Takes all partitions from their workers: the epoch of each rises, and every lease is lost.
pub fn revoke(generation: &mut Generation) {
    for checkpoint in &mut generation.checkpoints {
        checkpoint.owner = None;
        checkpoint.epoch += 1;
    }
}

/// Notes the last error of the partition, unless the lease is lost.
pub fn note_error(lease: &Lease, generation: &mut Generation, error: Option<&str>) {
    if let Some(checkpoint) = held(lease, generation) {
        checkpoint.last_error = error.map(str::to_owned);
    }
}

/// Stops the partition, unless the lease is lost.
pub fn stop(lease: &Lease, generation: &mut Generation, reason: &StopReason, at: Timestamp) {
    if let Some(checkpoint) = held(lease, generation) {
        checkpoint.stopped = Some(Stopped { reason: reason.clone(), at });
    }
}

/// Ends every stop of a generation, and returns their number. Owners and epochs stay.
pub fn resume(generation: &mut Generation) -> u64 {
    generation.checkpoints.iter_mut().filter_map(|checkpoint| checkpoint.stopped.take()).count() as u64
}

fn held<'a>(lease: &Lease, generation: &'a mut Generation) -> Option<&'a mut Checkpoint> {
    checkpoint_of(generation, lease.partition).filter(|it| is_held(lease, it))
}

fn checkpoint_of(generation: &mut Generation, partition: u32) -> Option<&mut Checkpoint> {
    generation.checkpoints.get_mut(usize::try_from(partition).ok()?)
}
