//! The way of decided events into the store, shared by single and atomic execution.

use super::Inner;
use crate::{
    EncodeError, Event, Metadata, StreamId,
    store::{Append, AppendError, EventStore, NewEvent, Receipt, StoreError},
};

impl<S: EventStore> Inner<S> {
    /// Appends until the outcome is known, or the waits are used up: the event ids stay the same, so the
    /// append happens once at most.
    pub(super) async fn append(
        self: &std::sync::Arc<Self>,
        mut append: Append,
    ) -> Result<Vec<Receipt>, AppendError> {
        let mut delays = self.retry.delays();
        loop {
            let outcome = match &self.inline {
                None => self.store.append(append).await,
                Some(inline) => inline.append(self, append).await,
            };
            match outcome {
                Err(AppendError::OutcomeUnknown { append: same, source }) => {
                    let Some(delay) = delays.next() else {
                        return Err(AppendError::OutcomeUnknown { append: same, source });
                    };
                    tracing::warn!(error = %source, "the outcome of an append is unknown, asking again");
                    tokio::time::sleep(delay).await;
                    append = *same;
                }
                Ok(receipts) => {
                    let written = receipts.iter().filter(|receipt| !receipt.repeated);
                    if let Some(position) = written.map(|receipt| receipt.position).max() {
                        self.wake(position);
                    }
                    return Ok(receipts);
                }
                Err(error) => return Err(error),
            }
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
