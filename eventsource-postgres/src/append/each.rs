//! Lists of appends, with the same outcomes as if they were made one after the other: appends to one stream form a chain,
//! and chains to different streams are independent.

use std::{collections::HashMap, future::ready, sync::Arc};

use eventsource_core::{
    StreamId,
    store::{Append, AppendError, DependentAppends, InvalidAppend, StoreError, rules::DecidedVersions},
};
use eventsource_sql::Size;

use super::{
    AppendResult,
    queue::{AppendQueue, Entry, missing_outcome},
};
use crate::batcher::Job;

/// A single append, or several consecutive appends to one stream.
pub(super) struct Chain {
    pub(super) appends: Vec<Arc<Append>>,
    /// The indexes of the appends in the round.
    positions: Vec<usize>,
    size: Size,
}

/// The longest beginning of a list that can be appended in one round.
#[derive(Default)]
struct Round {
    chains: Vec<Chain>,
    by_stream: HashMap<StreamId, usize>,
    len: usize,
    /// Why the append after this round is invalid.
    invalid: Option<InvalidAppend>,
}

pub(super) async fn append_each(queue: &AppendQueue, appends: Vec<Append>) -> Vec<AppendResult> {
    let appends: Vec<_> = appends.into_iter().map(Arc::new).collect();
    let mut outcomes = Vec::with_capacity(appends.len());
    while let Some(rest) = appends.get(outcomes.len()..).filter(|rest| !rest.is_empty()) {
        let results = Round::of(rest, queue.round_limit()).append(queue).await;
        let is_as_decided =
            rest.iter().zip(&results).all(|(append, result)| is_stored_as_decided(append, result));
        outcomes.extend(results);
        if !is_as_decided {
            return one_by_one(queue, appends, outcomes).await;
        }
    }
    outcomes
}

/// Appends the rest of a list after an append was not stored, or not as decided: the appends after it may depend on it.
async fn one_by_one(
    queue: &AppendQueue,
    appends: Vec<Arc<Append>>,
    results: Vec<AppendResult>,
) -> Vec<AppendResult> {
    let mut dependent = DependentAppends::new();
    let mut outcomes = Vec::with_capacity(appends.len());
    let mut results = results.into_iter();
    for append in appends {
        let append = Arc::unwrap_or_clone(append);
        outcomes.push(match results.next() {
            Some(result) => dependent.append(append, |_| ready(result)).await,
            None => dependent.append(append, |append| queue.append(append)).await,
        });
    }
    outcomes
}

fn is_stored_as_decided(append: &Append, result: &AppendResult) -> bool {
    result.as_ref().is_ok_and(|receipts| DecidedVersions::of(append).are_in(receipts))
}

impl Round {
    fn of(list: &[Arc<Append>], limit: usize) -> Self {
        let mut round = Self::default();
        for append in list.iter().take(limit) {
            if let Err(invalid) = append.validate() {
                round.invalid = Some(invalid);
                break;
            }
            if !round.add(append) {
                break;
            }
            round.len += 1;
        }
        round
    }

    /// Adds an append to the round. Returns whether it can be appended together with those before it.
    fn add(&mut self, append: &Arc<Append>) -> bool {
        let size = Size::of(append);
        let chain = append.streams.iter().find_map(|part| self.by_stream.get(&part.stream));
        let Some(&chain) = chain else {
            for part in &append.streams {
                self.by_stream.insert(part.stream.clone(), self.chains.len());
            }
            self.chains.push(Chain { appends: vec![Arc::clone(append)], positions: vec![self.len], size });
            return true;
        };
        // The append function can only process chains of such appends in one call.
        let is_one = |append: &Arc<Append>| append.streams.len() == 1;
        let has_events = append.streams.iter().all(|part| !part.events.is_empty());
        match self.chains.get_mut(chain) {
            Some(chain)
                if is_one(append)
                    && has_events
                    && chain.appends.iter().all(is_one)
                    && chain.size.and(size).is_within(Entry::FULL) =>
            {
                chain.appends.push(Arc::clone(append));
                chain.positions.push(self.len);
                chain.size = chain.size.and(size);
                true
            }
            _ => false,
        }
    }

    /// The outcomes, in the order of the list.
    async fn append(mut self, queue: &AppendQueue) -> Vec<AppendResult> {
        let positions: Vec<_> =
            self.chains.iter_mut().map(|chain| std::mem::take(&mut chain.positions)).collect();
        let mut outcomes: Vec<AppendResult> = (0..self.len).map(|_| Err(missing_outcome().into())).collect();
        match queue.append_chains(self.chains).await {
            Ok(results) => {
                for (position, result) in positions.into_iter().flatten().zip(results.into_iter().flatten()) {
                    if let Some(outcome) = outcomes.get_mut(position) {
                        *outcome = result;
                    }
                }
            }
            Err(error) => {
                let error = Arc::new(error);
                outcomes.iter_mut().for_each(|outcome| *outcome = Err(StoreError::shared(&error).into()));
            }
        }
        outcomes.extend(self.invalid.map(|invalid| Err(AppendError::from(invalid))));
        outcomes
    }
}
