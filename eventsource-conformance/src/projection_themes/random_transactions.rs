//! Random sequences of claims, transactions and swaps, each made on the store under test and on the reference store.

mod compared;
mod steps;

use eventsource::{MemoryStore, store::ReadModelStore};

use self::{compared::Compared, steps::Steps};
use crate::{support::ReadModels, torture};

/// How many sequences are tried.
const SEQUENCES: usize = 40;

/// How many steps a sequence has.
const LENGTH: usize = 150;

pub(crate) async fn a_random_sequence_of_transactions_leaves_what_it_leaves_in_the_reference_store<
    S: ReadModelStore,
>(
    store: ReadModels<S>,
) {
    for seed in 0..torture::times(SEQUENCES) {
        let name = format!("accounts_{seed}");
        let mut tested = Compared::begin(store.clone(), &name).await;
        let mut reference = Compared::begin(ReadModels::new(MemoryStore::new()), &name).await;
        let mut steps = Steps::of_seed(seed);
        for number in 1..=LENGTH {
            let step = steps.next(reference.leases(), reference.generations());
            let (found, due) = (tested.after(&step).await, reference.after(&step).await);
            assert!(
                found == due,
                "step {number} of the sequence with the seed {seed} is\n{step:#?}\nand leaves\n{found:#?}\nbut in the \
                 reference store it leaves\n{due:#?}"
            );
        }
    }
}
