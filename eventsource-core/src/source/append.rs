//! The way of decided events into the store, shared by single and atomic execution.

use std::sync::Arc;

use super::Inner;
use crate::{
    EncodeError, Event, Metadata, StreamId,
    store::{
        Append, AppendError, BoxError, EventStore, NewEvent, Receipt, StoreError, StreamAppend, VersionsDue,
    },
};

/// An outcome for each append.
pub(super) type Outcomes = Vec<Result<Vec<Receipt>, AppendError>>;

impl<S: EventStore> Inner<S> {
    /// Appends one after the other, each until its outcome is known or the waits are used up: the event ids stay the
    /// same, so an append happens once at most.
    pub(super) async fn append_each(self: &Arc<Self>, appends: Vec<Append>) -> Outcomes {
        let due: Vec<_> = appends.iter().map(VersionsDue::of).collect();
        let mut outcomes = self.send(appends).await;
        let mut delays = self.retry.delays();
        loop {
            let unknown = outcomes.iter().find_map(|outcome| match outcome {
                Err(AppendError::OutcomeUnknown { source, .. }) => Some(source),
                _ => None,
            });
            let Some(error) = unknown else { break };
            let Some(delay) = delays.next() else { break };
            tracing::warn!(%error, "the outcome of an append is unknown, asking again");
            tokio::time::sleep(delay).await;
            self.ask_again(&mut outcomes, &due).await;
        }
        let receipts = outcomes.iter().flatten().flatten();
        if let Some(position) = receipts.filter(|it| !it.repeated).map(|receipt| receipt.position).max() {
            self.wake(position);
        }
        outcomes
    }

    /// One append, in the same way.
    pub(super) async fn append(self: &Arc<Self>, append: Append) -> Result<Vec<Receipt>, AppendError> {
        self.append_each(vec![append]).await.pop().expect("an outcome for each")
    }

    async fn send(self: &Arc<Self>, appends: Vec<Append>) -> Outcomes {
        match &self.inline {
            None => self.store.append_each(appends).await,
            Some(inline) => inline.append_each(self, appends).await,
        }
    }

    /// While the store cannot be asked, it stays unknown.
    ///
    /// An append is asked for in the way in which the store has tried it, since that may be on its way still: were it
    /// only asked whether it is stored, it could be decided anew, and be stored after that.
    async fn ask_again(
        self: &Arc<Self>,
        outcomes: &mut [Result<Vec<Receipt>, AppendError>],
        due: &[VersionsDue],
    ) {
        let mut is_broken = false;
        let (mut unknown, mut appends, mut asked) = (Vec::new(), Vec::new(), Vec::new());
        for (outcome, due) in outcomes.iter_mut().zip(due) {
            match outcome {
                Err(AppendError::OutcomeUnknown { append, .. }) => {
                    let append = Append::clone(append);
                    let mut again = append.clone();
                    if is_broken {
                        again.streams.iter_mut().for_each(StreamAppend::invalidate);
                    }
                    asked.push(again);
                    appends.push(append);
                    unknown.push(outcome);
                }
                // What comes after it may have been decided on it, and the store is not told of it this time.
                Ok(receipts) => is_broken |= !due.are_met_by(receipts),
                Err(_) => is_broken = true,
            }
        }
        for ((outcome, append), asked) in unknown.into_iter().zip(appends).zip(self.send(asked).await) {
            *outcome = asked.map_err(|error| {
                let source: BoxError = match error {
                    AppendError::Store(error) => Box::new(error),
                    AppendError::OutcomeUnknown { source, .. } => source,
                    AppendError::Conflict { stream, expected, actual } => {
                        let part = append.streams.iter().find(|part| part.stream == stream);
                        let expected = part.map_or(expected, |part| part.expected);
                        return AppendError::Conflict { stream, expected, actual };
                    }
                    error => return error,
                };
                AppendError::OutcomeUnknown { append: Box::new(append), source }
            });
        }
    }

    /// The receipts of an earlier execution under this key, if each of the streams has one.
    pub(super) async fn find_receipts(
        &self,
        streams: &[StreamId],
        key: Option<&str>,
    ) -> Result<Option<Vec<Receipt>>, StoreError> {
        let Some(key) = key else { return Ok(None) };
        let mut receipts = Vec::with_capacity(streams.len());
        for stream in streams {
            let Some(receipt) = self.store.find_receipt(stream, key).await? else { return Ok(None) };
            receipts.push(receipt);
        }
        Ok(Some(receipts))
    }
}

pub(super) fn encode<E: Event>(events: &[E], metadata: &Metadata) -> Result<Vec<NewEvent>, EncodeError> {
    events.iter().map(|event| NewEvent::encode(event, metadata.clone())).collect()
}
