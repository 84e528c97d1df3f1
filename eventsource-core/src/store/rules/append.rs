//! The rules of an append.

use super::Plan;
use crate::{
    EventId,
    store::{Append, AppendError, InvalidAppend, Receipt, StreamAppend},
};

impl<'a> Plan<'a> {
    /// Decides on an append, and plans its events. A repetition gets the first receipts, and plans nothing.
    ///
    /// # Errors
    ///
    /// If the append must not be stored: [`AppendError::Conflict`] for the first stream whose version is not the
    /// expected one, or [`AppendError::Invalid`] for a used key or event id. Nothing is planned then.
    pub fn append(&mut self, append: &'a Append) -> Result<Vec<Receipt>, AppendError> {
        let receipts = self.decide(append)?;
        Ok(receipts.unwrap_or_else(|| self.store(append)))
    }

    /// The first receipts of an append that is stored already; `None` for an append that may be stored.
    ///
    /// # Errors
    ///
    /// Those of [`append`](Self::append).
    pub fn decide(&mut self, append: &Append) -> Result<Option<Vec<Receipt>>, AppendError> {
        if let Some(receipts) = self.repeated(append)? {
            return Ok(Some(receipts));
        }
        for StreamAppend { stream, expected, events } in &append.streams {
            let actual = self.log.head(stream).version;
            let used = events.iter().find(|event| self.log.events.contains_key(&event.id));
            if self.log.without_ids && (used.is_some() || !expected.allows(actual)) {
                // If all the ids are stored, the append is a repetition; without the ids this is unknown.
                self.needs_ids |= append.streams.iter().any(|part| !part.events.is_empty());
            }
            if !expected.allows(actual) {
                return Err(AppendError::Conflict { stream: stream.clone(), expected: *expected, actual });
            }
            if let Some(used) = used {
                return Err(InvalidAppend::UsedEventId { stream: stream.clone(), id: used.id }.into());
            }
        }
        Ok(None)
    }

    /// Plans the events of an append whatever versions it expects, after [`decide`](Self::decide) has found that it may
    /// be stored.
    pub fn store(&mut self, append: &'a Append) -> Vec<Receipt> {
        let Append { streams, idempotency_key: key, request } = append;
        let request = request.as_ref().filter(|_| key.is_some());
        let mut receipts = Vec::with_capacity(streams.len());
        for StreamAppend { stream, events, .. } in streams {
            for event in events {
                self.add(stream, event, None);
            }
            let receipt = self.log.head(stream).receipt(stream, false);
            receipts.push(Receipt { request: request.cloned(), ..receipt });
        }
        if let Some(key) = key.as_deref() {
            for receipt in &receipts {
                self.log.receipts.insert((receipt.stream.clone(), key.to_owned()), receipt.clone());
                self.first_receipts.push((receipt.clone(), key));
            }
        }
        receipts
    }

    /// The first receipts, if this append is a repetition: under the same key, or with the same event ids.
    fn repeated(&self, append: &Append) -> Result<Option<Vec<Receipt>>, InvalidAppend> {
        let Append { streams, idempotency_key: key, .. } = append;
        if let Some(key) = key {
            let of_key = |part: &StreamAppend| self.log.receipts.get(&(part.stream.clone(), key.clone()));
            let kept = streams.iter().filter_map(of_key);
            let kept: Vec<_> = kept.map(|first| Receipt { repeated: true, ..first.clone() }).collect();
            if kept.len() == streams.len() {
                return Ok(Some(kept));
            }
            if let Some(Receipt { stream, .. }) = kept.into_iter().next() {
                return Err(InvalidAppend::UsedKey { stream, key: key.clone() });
            }
        }
        let with_events = streams.iter().filter(|part| !part.events.is_empty()).count();
        let found = streams.iter().filter(|part| self.stored(part).is_some()).count();
        if found == 0 || found < with_events {
            return Ok(None);
        }
        let head = |part: &StreamAppend| self.log.head(&part.stream).receipt(&part.stream, true);
        Ok(Some(streams.iter().map(|part| self.stored(part).unwrap_or_else(|| head(part))).collect()))
    }

    /// The receipt of a part that has events, if all of them are stored in its stream.
    fn stored(&self, part: &StreamAppend) -> Option<Receipt> {
        let find = |id: EventId| self.log.events.get(&id).filter(|known| known.stream == part.stream);
        let is_whole = part.events.iter().all(|event| find(event.id).is_some());
        let last = part.events.last().filter(|_| is_whole)?;
        find(last.id).map(|known| known.head.receipt(&part.stream, true))
    }
}
