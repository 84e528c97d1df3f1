//! A list of appends, as if one was asked for after the other: those to one stream stand behind each other in one
//! statement, and those to different streams beside each other.

use std::{collections::HashMap, future::ready, sync::Arc};

use eventsource_core::{
    StreamId, Version,
    store::{
        Append, AppendError, DependentAppends, ExpectedVersion, InvalidAppend, StoreError, StreamAppend,
    },
};

use super::{
    AppendResult,
    queue::{AppendQueue, Entry, no_answer, size_of},
};
use crate::batcher::{Job, Size};

/// Appends to one stream that follow each other, or a single one.
pub(super) struct Chain {
    pub(super) appends: Vec<Arc<Append>>,
    /// Where in the round they stand.
    positions: Vec<usize>,
    size: Size,
}

/// As much of a list as can be asked for at once: the beginning of it.
#[derive(Default)]
struct Round {
    chains: Vec<Chain>,
    by_stream: HashMap<StreamId, usize>,
    len: usize,
    /// Why the append behind them cannot be asked for at all.
    refused: Option<InvalidAppend>,
}

pub(super) async fn append_each(queue: &AppendQueue, appends: Vec<Append>) -> Vec<AppendResult> {
    let appends: Vec<_> = appends.into_iter().map(Arc::new).collect();
    let mut outcomes = Vec::with_capacity(appends.len());
    while let Some(rest) = appends.get(outcomes.len()..).filter(|rest| !rest.is_empty()) {
        let settled = Round::of(rest, queue.at_a_time()).append(queue).await;
        let is_as_expected =
            rest.iter().zip(&settled).all(|(append, settled)| leaves_as_expected(append, settled));
        outcomes.extend(settled);
        if !is_as_expected {
            return one_by_one(queue, appends, outcomes).await;
        }
    }
    outcomes
}

/// The rest of a list of which something was not stored, or not as it was expected: others may rely on that.
async fn one_by_one(
    queue: &AppendQueue,
    appends: Vec<Arc<Append>>,
    settled: Vec<AppendResult>,
) -> Vec<AppendResult> {
    let mut dependent = DependentAppends::new();
    let mut outcomes = Vec::with_capacity(appends.len());
    let mut settled = settled.into_iter();
    for append in appends {
        let append = Arc::unwrap_or_clone(append);
        outcomes.push(match settled.next() {
            Some(settled) => dependent.append(append, |_| ready(settled)).await,
            None => dependent.append(append, |append| queue.append(append)).await,
        });
    }
    outcomes
}

fn leaves_as_expected(append: &Append, settled: &AppendResult) -> bool {
    let Ok(receipts) = settled else { return false };
    append.streams.iter().zip(receipts).all(|(StreamAppend { expected, events, .. }, receipt)| {
        let before = match expected {
            ExpectedVersion::Exact(version) => *version,
            ExpectedVersion::NoStream => Version::EMPTY,
            ExpectedVersion::Any | ExpectedVersion::StreamExists => return true,
        };
        // What was stored under the key may be other events, even if as many of them.
        let are_others = append.idempotency_key.is_some() && receipt.repeated;
        !are_others && receipt.version.get().checked_sub(before.get()) == Some(events.len() as u64)
    })
}

impl Round {
    fn of(list: &[Arc<Append>], limit: usize) -> Self {
        let mut round = Self::default();
        for append in list.iter().take(limit) {
            if let Err(refused) = append.validate() {
                round.refused = Some(refused);
                break;
            }
            if !round.take(append) {
                break;
            }
            round.len += 1;
        }
        round
    }

    /// Whether the append can be asked for together with those before it.
    fn take(&mut self, append: &Arc<Append>) -> bool {
        let size = size_of(append);
        let behind = append.streams.iter().find_map(|part| self.by_stream.get(&part.stream));
        let Some(&behind) = behind else {
            for part in &append.streams {
                self.by_stream.insert(part.stream.clone(), self.chains.len());
            }
            self.chains.push(Chain { appends: vec![Arc::clone(append)], positions: vec![self.len], size });
            return true;
        };
        // What the append function can do in one call.
        let is_one = |append: &Arc<Append>| append.streams.len() == 1;
        let has_events = append.streams.iter().all(|part| !part.events.is_empty());
        match self.chains.get_mut(behind) {
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
        let mut outcomes: Vec<AppendResult> = (0..self.len).map(|_| Err(no_answer().into())).collect();
        match queue.append_chains(self.chains).await {
            Ok(settled) => {
                for (position, settled) in positions.into_iter().flatten().zip(settled.into_iter().flatten())
                {
                    if let Some(outcome) = outcomes.get_mut(position) {
                        *outcome = settled;
                    }
                }
            }
            Err(error) => {
                let error = Arc::new(error);
                outcomes.iter_mut().for_each(|outcome| *outcome = Err(StoreError::shared(&error).into()));
            }
        }
        outcomes.extend(self.refused.map(|refused| Err(AppendError::from(refused))));
        outcomes
    }
}
