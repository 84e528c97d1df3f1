//! Random steps of workers and operators.

use eventsource::store::{ParkedOutcome, ParkedRequest};

use crate::support::Chance;

/// A step. Workers, leases, generations, events and rows are numbered from 0.
#[derive(Debug)]
pub(super) enum Step {
    Claim {
        generation: usize,
        partition: u32,
        worker: usize,
    },
    /// A claim that ends a stop.
    ClaimStopped {
        generation: usize,
        partition: u32,
        worker: usize,
        /// How many epochs before the present one it is said to have stopped.
        earlier: u64,
    },
    Release(usize),
    Leave(usize),
    NoteError(usize, Option<&'static str>),
    Stop(usize),
    Resume(usize),
    Apply {
        lease: usize,
        /// Rows with their balances.
        puts: Vec<(usize, i64)>,
        deletes: Vec<usize>,
        /// The events that are parked, as far as there are so many.
        parked: Vec<usize>,
        /// What becomes of parked events of the partition. Each is one of those that were parked before.
        unparked: Vec<(usize, ParkedOutcome)>,
        /// How far the checkpoint advances.
        advance: Option<u64>,
        commit: bool,
    },
    /// A request about a parked key, or about all.
    Request {
        generation: usize,
        key: Option<usize>,
        request: ParkedRequest,
    },
    /// A program with further event types starts.
    Widen {
        generation: usize,
        types: usize,
    },
    Rebuild,
    SwapWhenReady {
        generation: usize,
        swap: bool,
    },
    Swap {
        generation: usize,
        keep_old: bool,
    },
    Abandon(usize),
    Revive(usize),
}

pub(super) const PARTITIONS: u32 = 2;
pub(super) const WORKERS: usize = 2;
pub(super) const ROWS: usize = 5;
/// The keys of parked events.
pub(super) const KEYS: usize = 3;

/// The steps of a seed.
pub(super) struct Steps {
    chance: Chance,
    /// How many events were parked.
    parked: usize,
}

impl Steps {
    pub(super) fn of_seed(seed: usize) -> Self {
        Self { chance: Chance::new(seed), parked: 0 }
    }

    /// The next step, after so many leases were given and so many generations made.
    pub(super) fn next(&mut self, leases: usize, generations: usize) -> Step {
        let generation = self.recent(generations, 3);
        let lease = match leases {
            0 => return self.claim(generation),
            _ => self.recent(leases, 4),
        };
        match self.chance.below(40) {
            0..=5 => self.claim(generation),
            24 | 30 => Step::ClaimStopped {
                generation,
                partition: self.partition(),
                worker: self.chance.below(WORKERS),
                earlier: self.chance.below(2) as u64,
            },
            25..=27 => self.request(generation),
            28 => Step::Widen { generation, types: self.chance.below(3) },
            29 => Step::SwapWhenReady { generation, swap: self.chance.below(2) == 0 },
            6 => Step::Release(lease),
            7 => Step::Leave(self.chance.below(WORKERS)),
            8 => Step::NoteError(lease, [None, Some("it failed")][self.chance.below(2)]),
            9 | 31 => Step::Stop(lease),
            10..=11 => Step::Resume(generation),
            12 => Step::Rebuild,
            13..=14 => Step::Swap { generation, keep_old: self.chance.below(3) > 0 },
            15 => Step::Revive(generation),
            16 => match self.chance.below(3) {
                0 => Step::Abandon(generation),
                _ => Step::Resume(generation),
            },
            _ => self.apply(lease),
        }
    }

    /// One of the last, because earlier ones are mostly lost.
    fn recent(&mut self, count: usize, among: usize) -> usize {
        count - 1 - self.chance.below(count.min(among))
    }

    fn claim(&mut self, generation: usize) -> Step {
        Step::Claim { generation, partition: self.partition(), worker: self.chance.below(WORKERS) }
    }

    fn partition(&mut self) -> u32 {
        if self.chance.below(2) == 0 { 0 } else { PARTITIONS - 1 }
    }

    fn request(&mut self, generation: usize) -> Step {
        let key = (self.chance.below(2) == 0).then(|| self.chance.below(KEYS));
        let request = match self.chance.below(2) {
            0 => ParkedRequest::Retry,
            _ => ParkedRequest::Discard { position: None, reason: "obsolete".to_owned() },
        };
        Step::Request { generation, key, request }
    }

    fn outcome(&mut self) -> ParkedOutcome {
        match self.chance.below(3) {
            0 => ParkedOutcome::Applied,
            1 => ParkedOutcome::Discarded { reason: "obsolete".to_owned() },
            _ => ParkedOutcome::Failed { error: "it failed again".to_owned() },
        }
    }

    fn apply(&mut self, lease: usize) -> Step {
        let count = self.chance.below(4);
        let mut puts: Vec<_> = (0..count).map(|_| (self.chance.below(ROWS), self.balance())).collect();
        puts.sort_unstable();
        puts.dedup_by_key(|(row, _)| *row);
        let mut deletes: Vec<_> = (0..self.chance.below(2)).map(|_| self.chance.below(ROWS)).collect();
        deletes.retain(|row| puts.iter().all(|(put, _)| put != row));
        let parked = self.parked..self.parked + self.chance.below(5) / 2;
        self.parked = parked.end;
        let unparked = (0..self.chance.below(3)).map(|_| (self.chance.below(2), self.outcome())).collect();
        let advance = (self.chance.below(5) > 0).then(|| self.chance.below(4) as u64);
        Step::Apply {
            lease,
            puts,
            deletes,
            parked: parked.collect(),
            unparked,
            advance,
            commit: self.chance.below(4) > 0,
        }
    }

    fn balance(&mut self) -> i64 {
        [-1, 0, 1, i64::MAX][self.chance.below(4)]
    }
}
