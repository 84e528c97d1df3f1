//! Random sequences of operations, each answered by the store under test and by the reference store.

mod observed;
mod operations;

use std::sync::Arc;

use eventsource::{MemoryStore, store::Capability};

use self::{
    observed::Observed,
    operations::{Operation, Operations},
};
use crate::{support::Store, torture};

/// How many sequences are tried.
const SEQUENCES: usize = 200;

/// How many operations a sequence has.
const LENGTH: usize = 40;

pub(crate) async fn a_random_sequence_of_operations_is_answered_as_by_the_reference_store(store: Store) {
    for seed in 0..torture::times(SEQUENCES) {
        let mut tested = Observed::since_now(store.shared()).await;
        let mut reference = Observed::since_now(Arc::new(MemoryStore::new())).await;
        let mut operations = Operations::of_seed(seed);
        for number in 1..=LENGTH {
            let operation = operations.next(reference.log());
            if matches!(operation, Operation::Import(_)) && !store.declares(Capability::Import) {
                continue;
            }
            let (found, due) = (tested.answer(&operation).await, reference.answer(&operation).await);
            assert!(
                found == due,
                "operation {number} of the sequence with the seed {seed} is\n{operation:#?}\nand the answer is\n\
                 {found:#?}\nbut the reference store answers\n{due:#?}"
            );
        }
    }
}
