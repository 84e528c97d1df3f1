//! The live generation of a read model at a moment.

use crate::{
    Position,
    projections::{ProjectionEngine, progress::Positions},
    store::{EventTypes, Generation, GenerationId, GenerationState, ProjectionStore, StoreError},
};

use super::WatchToken;

/// What is known of the live generation before its rows are read.
pub(super) struct Look {
    pub(super) generation: GenerationId,
    pub(super) version: u32,
    pub(super) inline: bool,
    /// Every row is at least as new; of an inline generation, its rows are as new as the log.
    pub(super) position: Position,
    pub(super) event_types: EventTypes,
    /// Of each partition.
    pub(super) counts: Vec<Counts>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counts {
    epoch: u64,
    /// How many events it has applied.
    events: u64,
    pub(super) parked: u64,
}

impl Look {
    /// `None` if no generation is live. Also returns all generations.
    pub(super) async fn at<S: ProjectionStore>(
        engine: &ProjectionEngine<S>,
        name: &str,
    ) -> Result<(Option<Self>, Vec<Generation>), StoreError> {
        // Read first: what this process applies from now on may park an event that the store does not count here yet.
        let ahead = engine.progress.positions();
        let generations = engine.store.generations().await?;
        let live = generations.iter().find(|it| it.name == name && it.state == GenerationState::Live);
        Ok((live.map(|live| Self::of(live, &ahead)), generations))
    }

    fn of(live: &Generation, ahead: &Positions) -> Self {
        let positions = (0..).zip(&live.checkpoints).map(|(partition, checkpoint)| {
            let ahead = ahead.get(&(live.id, partition)).filter(|(epoch, _)| *epoch == checkpoint.epoch);
            ahead.map_or(checkpoint.position, |(_, position)| checkpoint.position.max(*position))
        });
        let counts = live.checkpoints.iter();
        Self {
            generation: live.id,
            version: live.version,
            inline: live.inline,
            position: positions.min().unwrap_or(Position::START),
            event_types: live.event_types.clone(),
            counts: counts
                .map(|it| Counts { epoch: it.epoch, events: it.events, parked: it.parked })
                .collect(),
        }
    }

    /// Whether no other generation was live between the two, not even for a moment: one that is live again was claimed
    /// again. Nor was it demoted: its rows may lack an event then that the log has already.
    pub(super) fn is_unchanged_in(&self, later: &Self) -> bool {
        let epochs = |look: &Self| look.counts.iter().map(|counts| counts.epoch).collect::<Vec<_>>();
        let is_same = self.generation == later.generation && self.inline == later.inline;
        is_same && epochs(self) == epochs(later)
    }

    /// Whether the server has lost what it had acknowledged: its counts have decreased.
    pub(super) fn has_fallen_below(&self, earlier: &[Counts]) -> bool {
        self.counts.iter().zip(earlier).any(|(now, before)| now.events < before.events)
    }

    pub(super) fn has_parked(&self) -> bool {
        self.counts.iter().any(|counts| counts.parked > 0)
    }

    pub(super) fn token(&self, position: Position) -> WatchToken {
        WatchToken { generation: self.generation, position, has_parked: self.has_parked() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{projections::sample::generation, store::Checkpoint};

    fn look(live: &Generation, ahead: &[(u32, u64, u64)]) -> Look {
        let ahead = ahead
            .iter()
            .map(|&(partition, epoch, position)| ((live.id, partition), (epoch, Position::new(position))));
        Look::of(live, &ahead.collect())
    }

    #[test]
    fn the_position_is_that_of_the_last_partition_where_this_process_may_be_ahead_of_the_store() {
        let live = generation(1, &[4, 6]);
        let position = |ahead: &[(u32, u64, u64)]| look(&live, ahead).position.get();
        assert_eq!(position(&[]), 4);
        assert_eq!(position(&[(0, 1, 9)]), 6);
        assert_eq!(position(&[(0, 1, 9), (1, 1, 8)]), 8);
        assert_eq!(position(&[(0, 2, 9), (1, 1, 8)]), 4, "it was claimed again");
    }

    #[test]
    fn a_generation_that_was_claimed_again_may_have_been_replaced_meanwhile() {
        let live = generation(1, &[4, 6]);
        let mut later = live.clone();
        assert!(look(&live, &[]).is_unchanged_in(&look(&later, &[])));
        later.checkpoints[1].epoch += 1;
        assert!(!look(&live, &[]).is_unchanged_in(&look(&later, &[])));
        assert!(!look(&live, &[]).is_unchanged_in(&look(&generation(2, &[4, 6]), &[])));
    }

    #[test]
    fn rows_that_are_read_while_a_generation_is_demoted_may_lack_an_event_that_the_log_has() {
        let mut inline = generation(1, &[4, 6]);
        inline.inline = true;
        let demoted = generation(1, &[9, 9]);
        assert!(!look(&inline, &[]).is_unchanged_in(&look(&demoted, &[])));
        assert!(!look(&demoted, &[]).is_unchanged_in(&look(&inline, &[])));
    }

    #[test]
    fn a_partition_with_fewer_applied_events_has_fallen_back() {
        let with = |events: [u64; 2]| {
            let mut live = generation(1, &[4, 6]);
            for (checkpoint, events) in live.checkpoints.iter_mut().zip(events) {
                *checkpoint = Checkpoint { events, ..checkpoint.clone() };
            }
            look(&live, &[])
        };
        assert!(!with([2, 3]).has_fallen_below(&with([2, 2]).counts));
        assert!(with([3, 1]).has_fallen_below(&with([2, 2]).counts));
    }
}
