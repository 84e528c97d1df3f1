//! Appending the events of commands to the store, shared by single and atomic execution.

use std::{error::Error, sync::Arc};

use async_trait::async_trait;

use super::{
    error::{ExecuteError, ReusedKey},
    origin::Keyed,
};
use crate::{
    EncodeError, Event, Metadata, Retry, StreamId,
    awake::Awake,
    store::{
        Append, AppendError, BoxError, EventStore, NewEvent, Receipt, StreamAppend, rules::DecidedVersions,
    },
};

/// One outcome per append.
pub(crate) type Outcomes = Vec<Result<Vec<Receipt>, AppendError>>;

/// The path of an append to the store, where it is not straight.
#[async_trait]
pub(crate) trait AppendPath: Send + Sync {
    /// As [`EventStore::append_each`].
    async fn append_each(&self, appends: Vec<Append>) -> Outcomes;
}

/// Appends what commands have decided, until the outcome is known.
pub(crate) struct Appender<S> {
    store: Arc<S>,
    retry: Retry,
    awake: Arc<Awake<S>>,
    /// The path if projections are inline.
    inline: Option<Arc<dyn AppendPath>>,
}

impl<S: EventStore> Appender<S> {
    pub(crate) fn new(
        store: Arc<S>,
        retry: Retry,
        awake: Arc<Awake<S>>,
        inline: Option<Arc<dyn AppendPath>>,
    ) -> Self {
        Self { store, retry, awake, inline }
    }

    /// Appends one after the other, and repeats an append whose outcome is unknown until it is known or the retry
    /// time is over. The event ids stay the same, so an append happens at most once.
    pub(super) async fn append_each(&self, appends: Vec<Append>) -> Outcomes {
        let decided: Vec<_> = appends.iter().map(DecidedVersions::of).collect();
        let mut outcomes = self.send(appends).await;
        let mut delays = self.retry.delays();
        loop {
            let unknown = outcomes.iter().find_map(|outcome| match outcome {
                Err(AppendError::OutcomeUnknown { source, .. }) => Some(source),
                _ => None,
            });
            let Some(error) = unknown else { break };
            let Some(delay) = delays.next() else { break };
            tracing::warn!(%error, "the outcome of an append is unknown; sending it again");
            tokio::time::sleep(delay).await;
            self.send_again(&mut outcomes, &decided).await;
        }
        let receipts = outcomes.iter().flatten().flatten();
        if let Some(position) = receipts.filter(|it| !it.repeated).map(|receipt| receipt.position).max() {
            self.awake.wake(position);
        }
        outcomes
    }

    /// The same for one append.
    pub(super) async fn append(&self, append: Append) -> Result<Vec<Receipt>, AppendError> {
        self.append_each(vec![append]).await.pop().expect("one outcome per append")
    }

    async fn send(&self, appends: Vec<Append>) -> Outcomes {
        match &self.inline {
            None => self.store.append_each(appends).await,
            Some(inline) => inline.append_each(appends).await,
        }
    }

    /// Sends the appends of unknown outcome again. While the store cannot be reached, the outcome stays unknown.
    ///
    /// The append is sent again in the form in which the store has tried it, because the first attempt may still
    /// be running. If the store were only asked whether the append is stored, the command could be handled again,
    /// and the first attempt could be stored after that.
    async fn send_again(
        &self,
        outcomes: &mut [Result<Vec<Receipt>, AppendError>],
        decided: &[DecidedVersions],
    ) {
        let mut is_broken = false;
        let (mut unknown, mut appends, mut resent) = (Vec::new(), Vec::new(), Vec::new());
        for (outcome, decided) in outcomes.iter_mut().zip(decided) {
            match outcome {
                Err(AppendError::OutcomeUnknown { append, .. }) => {
                    let append = Append::clone(append);
                    let mut again = append.clone();
                    if is_broken {
                        again.streams.iter_mut().for_each(StreamAppend::invalidate);
                    }
                    resent.push(again);
                    appends.push(append);
                    unknown.push(outcome);
                }
                // Later appends may depend on this one, and this time the store does not receive it.
                Ok(receipts) => is_broken |= !decided.are_in(receipts),
                Err(_) => is_broken = true,
            }
        }
        for ((outcome, append), resent) in unknown.into_iter().zip(appends).zip(self.send(resent).await) {
            *outcome = resent.map_err(|error| {
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
    pub(super) async fn find_receipts<E: Error + 'static>(
        &self,
        streams: &[StreamId],
        keyed: Option<&Keyed>,
    ) -> Result<Option<Vec<Receipt>>, ExecuteError<E>> {
        let Some(Keyed { key, .. }) = keyed else { return Ok(None) };
        let mut receipts = Vec::with_capacity(streams.len());
        for stream in streams {
            let Some(receipt) = self.store.find_receipt(stream, key).await? else { return Ok(None) };
            receipts.push(receipt);
        }
        check_request(&receipts, keyed)?;
        Ok(Some(receipts))
    }
}

/// Checks that receipts returned under a key are those of this request. A receipt that was kept without a request
/// proves nothing.
pub(super) fn check_request(receipts: &[Receipt], keyed: Option<&Keyed>) -> Result<(), Box<ReusedKey>> {
    let Some(Keyed { key, request }) = keyed else { return Ok(()) };
    let of_another = receipts.iter().filter(|receipt| receipt.repeated).find_map(|receipt| {
        let first = receipt.request.as_ref().filter(|first| !request.repeats(first))?;
        Some((receipt, first))
    });
    let Some((receipt, first)) = of_another else { return Ok(()) };
    Err(Box::new(ReusedKey {
        stream: receipt.stream.clone(),
        key: key.clone(),
        first: first.clone(),
        given: request.clone(),
    }))
}

pub(super) fn encode<E: Event>(events: &[E], metadata: &Metadata) -> Result<Vec<NewEvent>, EncodeError> {
    events.iter().map(|event| NewEvent::encode(event, metadata.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EventId, MemoryStore, Position, store::ExpectedVersion};

    #[tokio::test]
    async fn readers_of_the_log_are_woken_by_an_append_and_not_by_its_repetition() {
        let store = Arc::new(MemoryStore::new());
        let event = NewEvent {
            id: EventId::new(),
            event_type: "page.noted".into(),
            schema_version: 1,
            payload: serde_json::value::to_raw_value(&1).expect("JSON"),
            metadata: Metadata::default(),
        };
        let stream = StreamId::new("page", "1").expect("an id");
        let append = Append::to(stream, ExpectedVersion::Any, vec![event]);
        for (repeated, woken) in [(false, Position::new(1)), (true, Position::START)] {
            let awake = Arc::new(Awake::new(Arc::clone(&store)));
            let appender = Appender::new(Arc::clone(&store), Retry::NEVER, Arc::clone(&awake), None);
            let receipts = appender.append(append.clone()).await.expect("appended");
            assert_eq!((receipts[0].repeated, awake.position()), (repeated, woken));
        }
    }
}
