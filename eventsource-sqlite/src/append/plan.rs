//! Deciding on appends one by one, within the transaction that stores them.

use std::{future::ready, sync::Arc};

use eventsource_core::{
    EventId, StreamId,
    store::{
        Append, AppendError, DependentAppends, ExpectedVersion, InvalidAppend, NewEvent, Receipt,
        StreamAppend,
    },
};

use super::{
    AppendResult,
    lookup::{Head, LogState},
};

/// The writes of the transaction.
#[derive(Debug, Default)]
pub(crate) struct Planned<'a> {
    pub(crate) events: Vec<PlannedEvent<'a>>,
    /// First receipts, each under its key.
    pub(crate) keys: Vec<(Receipt, &'a str)>,
    /// Whether the event ids have to be looked up before the appends can be decided on.
    pub(crate) needs_ids: bool,
}

/// An event with its version and position.
#[derive(Debug)]
pub(crate) struct PlannedEvent<'a> {
    pub(crate) stream: &'a StreamId,
    pub(crate) event: &'a NewEvent,
    pub(crate) head: Head,
    /// The time at which it was recorded, if not now.
    pub(crate) recorded_at: Option<eventsource_core::Timestamp>,
}

impl Planned<'_> {
    /// Whether there is anything to store.
    pub(crate) fn stores(&self) -> bool {
        !(self.events.is_empty() && self.keys.is_empty())
    }
}

/// Whether the earlier appends of a list were stored with the versions that later ones expect.
#[derive(Debug, Default)]
pub(crate) enum ChainState {
    #[default]
    Intact,
    /// Some were not; this tracks them.
    Broken(DependentAppends),
}

/// Decides on one single append.
pub(crate) fn plan<'a>(log: &mut LogState, append: &'a Append, planned: &mut Planned<'a>) -> AppendResult {
    let receipts = decide(log, append, planned)?;
    Ok(receipts.unwrap_or_else(|| store(log, append, planned)))
}

/// Decides on the next append of a list, which may be invalid.
pub(crate) async fn plan_next<'a>(
    log: &mut LogState,
    append: &'a Append,
    planned: &mut Planned<'a>,
    chain: &mut ChainState,
) -> AppendResult {
    match chain {
        ChainState::Intact => {
            let outcome = match append.validate() {
                Ok(()) => plan(log, append, planned),
                Err(invalid) => Err(invalid.into()),
            };
            if leaves_as_expected(append, &outcome) {
                return outcome;
            }
            let mut dependent = DependentAppends::new();
            let outcome = dependent.append(append.clone(), |_| ready(outcome)).await;
            *chain = ChainState::Broken(dependent);
            outcome
        }
        ChainState::Broken(dependent) => {
            // Decided on with the adjusted expectations, and stored as given: only the expected versions differ.
            let call = |doubted: Append| {
                if let Err(invalid) = append.validate() {
                    return ready(Err(invalid.into()));
                }
                let mut probe = Planned::default();
                let decided = decide(log, &doubted, &mut probe);
                planned.needs_ids |= probe.needs_ids;
                let outcome = decided.map(|receipts| receipts.unwrap_or_else(|| store(log, append, planned)));
                ready(outcome)
            };
            dependent.append(append.clone(), call).await
        }
    }
}

/// The receipts of an append that is stored already; `None` for one that can be stored.
fn decide(
    log: &LogState,
    append: &Append,
    planned: &mut Planned<'_>,
) -> Result<Option<Vec<Receipt>>, AppendError> {
    if let Some(receipts) = repeated(log, append)? {
        return Ok(Some(receipts));
    }
    for StreamAppend { stream, expected, events } in &append.streams {
        let actual = log.head(stream).version;
        let used = events.iter().find(|event| log.event(event.id).is_some());
        if !log.with_ids && (used.is_some() || !expected.allows(actual)) {
            // If all the ids are stored, the append is a repetition; without the ids this is unknown.
            planned.needs_ids |= append.streams.iter().any(|part| !part.events.is_empty());
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

fn store<'a>(log: &mut LogState, append: &'a Append, planned: &mut Planned<'a>) -> Vec<Receipt> {
    let mut receipts = Vec::with_capacity(append.streams.len());
    for StreamAppend { stream, events, .. } in &append.streams {
        let mut head = log.head(stream);
        for event in events {
            head = log.add(stream, event.id, &event.event_type, event.schema_version);
            planned.events.push(PlannedEvent { stream, event, head, recorded_at: None });
        }
        let request = append.request.clone().filter(|_| append.idempotency_key.is_some());
        receipts.push(Receipt { request, ..head.receipt(stream, false) });
    }
    if let Some(key) = append.idempotency_key.as_deref() {
        for receipt in &receipts {
            log.keep(receipt, key);
            planned.keys.push((receipt.clone(), key));
        }
    }
    receipts
}

/// The first receipts, if this append is stored already: under the same key, or with the same event ids.
fn repeated(log: &LogState, append: &Append) -> Result<Option<Vec<Receipt>>, InvalidAppend> {
    if let Some(key) = &append.idempotency_key {
        let kept = append.streams.iter().filter_map(|part| log.receipt(&part.stream, key).cloned());
        let kept: Vec<_> = kept.collect();
        if kept.len() == append.streams.len() {
            return Ok(Some(kept));
        }
        if let Some(Receipt { stream, .. }) = kept.into_iter().next() {
            return Err(InvalidAppend::UsedKey { stream, key: key.clone() });
        }
    }
    let with_events = append.streams.iter().filter(|part| !part.events.is_empty()).count();
    let stored = |part: &StreamAppend| {
        let at = |id: EventId| log.event(id).filter(|it| it.stream == part.stream).map(|it| it.head);
        let whole = part.events.iter().all(|event| at(event.id).is_some());
        let last = part.events.last().filter(|_| whole)?;
        at(last.id).map(|head| head.receipt(&part.stream, true))
    };
    let found = append.streams.iter().filter(|part| stored(part).is_some()).count();
    if found == 0 || found < with_events {
        return Ok(None);
    }
    let receipts = append
        .streams
        .iter()
        .map(|part| stored(part).unwrap_or_else(|| log.head(&part.stream).receipt(&part.stream, true)));
    Ok(Some(receipts.collect()))
}

fn leaves_as_expected(append: &Append, outcome: &AppendResult) -> bool {
    let Ok(receipts) = outcome else { return false };
    append.streams.iter().zip(receipts).all(|(StreamAppend { expected, events, .. }, receipt)| {
        let before = match expected {
            ExpectedVersion::Exact(version) => version.get(),
            ExpectedVersion::NoStream => 0,
            ExpectedVersion::Any | ExpectedVersion::StreamExists => return true,
        };
        !receipt.repeated && receipt.version.get().checked_sub(before) == Some(events.len() as u64)
    })
}

/// Decides on these entries, each of which is a list or a single append.
pub(crate) async fn plan_all<'a>(
    log: &mut LogState,
    jobs: impl Iterator<Item = (&'a [Arc<Append>], Option<&'a mut ChainState>)>,
    planned: &mut Planned<'a>,
) -> Vec<Vec<AppendResult>> {
    let mut outcomes = Vec::new();
    for (appends, chain) in jobs {
        let mut answers = Vec::with_capacity(appends.len());
        match chain {
            None => answers.extend(appends.iter().map(|append| plan(log, append, planned))),
            Some(chain) => {
                for append in appends {
                    answers.push(plan_next(log, append, planned, chain).await);
                }
            }
        }
        outcomes.push(answers);
    }
    outcomes
}
