//! One attempt to execute a command: it waits for the state, is handled on it, and has its events appended.

use std::{panic, slice, sync::Arc, task::Poll};

use futures_util::poll;
use tokio::sync::oneshot;

use super::{
    committer::{Committer, commit_pending},
    guard::StateGuard,
    handle::QueueHandle,
    pending::{AppendOutcome, PendingAppend, QueueStatus},
    state_slot::StateSlot,
    working_state::WorkingState,
};
use crate::{
    Aggregate, Command, Handle, Metadata, ReadError, StreamId,
    commands::{
        append::{check_request, encode},
        engine::CommandEngine,
        error::ExecuteError,
        origin::Keyed,
    },
    store::{Append, AppendError, EventStore, ExpectedVersion, NewEvent, Receipt, StoreError},
};

/// The outcome of one attempt to execute a command.
pub(in crate::commands) enum Attempt {
    Done(Receipt),
    /// A conflict: the command is handled again.
    Conflict(AppendError),
    /// An earlier append of this process failed, so the state was wrong: the command is handled again.
    Stale,
}

type Rejection<C> = <<C as Command>::Aggregate as Handle<C>>::Error;

/// Handles the command when it is first in the queue, and has its events appended.
pub(in crate::commands) async fn attempt<C: Command, S: EventStore>(
    handle: &QueueHandle<C::Aggregate>,
    engine: &Arc<CommandEngine<S>>,
    command: &C,
    metadata: &Metadata,
    keyed: Option<&Keyed>,
) -> Result<Attempt, ExecuteError<Rejection<C>>>
where
    C::Aggregate: Handle<C>,
{
    let arrival = handle.state.arrive();
    let try_now = || try_decide(handle, engine, arrival, command, metadata, keyed);
    let Sent { answer, kept, refusal } = loop {
        match handle.state.wait_for(try_now).await {
            Decision::Sent(sent) => break sent,
            Decision::Refused(refusal) => {
                let executed = executed(engine, &handle.stream, keyed).await?;
                return executed.map(Attempt::Done).ok_or(refusal);
            }
            Decision::Stale => return Ok(Attempt::Stale),
            Decision::Failed(error) => return Err(ReadError::from(error).into()),
            Decision::NeedsLoad(guard, working, status) => load(guard, working, status, engine).await?,
        }
    };
    if refusal.is_some()
        && let Some(receipt) = executed(engine, &handle.stream, keyed).await?
    {
        return Ok(Attempt::Done(receipt));
    }
    let outcome = answer.await.unwrap_or_else(|lost| {
        let (append, source) = (Box::new(kept), Box::new(lost));
        AppendOutcome::Done(Err(AppendError::OutcomeUnknown { append, source }))
    });
    match outcome {
        AppendOutcome::Done(Ok(receipt)) => match refusal {
            None => {
                check_request(slice::from_ref(&receipt), keyed)?;
                Ok(Attempt::Done(receipt))
            }
            // Queried again: the first execution may have been pending in this process.
            Some(refusal) => {
                let executed = executed(engine, &handle.stream, keyed).await?;
                executed.map(Attempt::Done).ok_or(refusal)
            }
        },
        AppendOutcome::Done(Err(error @ AppendError::Conflict { .. })) => Ok(Attempt::Conflict(error)),
        AppendOutcome::Done(Err(error)) => Err(ExecuteError::from_append(error, 1)),
        AppendOutcome::Stale => Ok(Attempt::Stale),
    }
}

/// The outcome of one attempt to handle a command.
enum Decision<A: Aggregate, E: std::error::Error + 'static> {
    Sent(Sent<E>),
    /// The command was refused on a state that was read after the command arrived.
    Refused(ExecuteError<E>),
    Stale,
    /// Loading failed after the command arrived.
    Failed(StoreError),
    /// There is no state, or it is outdated. The caller loads it.
    NeedsLoad(StateGuard<A>, Option<WorkingState<A>>, QueueStatus),
}

/// An append that was handed to the committer.
struct Sent<E: std::error::Error + 'static> {
    answer: oneshot::Receiver<AppendOutcome>,
    /// Returned in the error if the answer is lost because the runtime was shut down.
    kept: Append,
    /// The rejection, if the append only confirms it.
    refusal: Option<ExecuteError<E>>,
}

/// Handles the command now, unless the state is checked out.
fn try_decide<C: Command, S: EventStore>(
    handle: &QueueHandle<C::Aggregate>,
    engine: &Arc<CommandEngine<S>>,
    arrival: u64,
    command: &C,
    metadata: &Metadata,
    keyed: Option<&Keyed>,
) -> Option<Decision<C::Aggregate, Rejection<C>>>
where
    C::Aggregate: Handle<C>,
{
    let mut slot = handle.state.slot();
    let working = match slot.take(arrival)? {
        Ok(working) => working,
        Err(error) => return Some(Decision::Failed(error)),
    };
    let status = handle.pending.status();
    let working = match working {
        Some(working) if working.is_current(status) => working,
        old => {
            drop(slot);
            return Some(Decision::NeedsLoad(StateGuard::from(handle), old, status));
        }
    };
    // The slot is empty while code of the domain runs: if that panics, no command continues with a half-changed
    // state.
    *slot = StateSlot::Empty;
    let mut working = working.applied(status);
    let expected = ExpectedVersion::Exact(working.version());
    let to_append = |events| Append::to(handle.stream.clone(), expected, events);
    let decided = decide(working.state(), command, metadata).and_then(|events| {
        let snapshot = working.decided(&events).map_err(ExecuteError::Unreadable)?;
        Ok((events, snapshot))
    });
    let (refusal, append, snapshot) = match decided {
        Ok((events, snapshot)) => {
            let key = keyed.map(|it| it.key.clone());
            let request = keyed.map(|it| it.request.clone());
            (None, Append { idempotency_key: key, request, ..to_append(events) }, snapshot)
        }
        Err(refusal) if working.is_fresh(arrival) => {
            *slot = StateSlot::Loaded(working);
            return Some(Decision::Refused(refusal));
        }
        Err(refusal) => (Some(refusal), to_append(Vec::new()), None),
    };
    let kept = append.clone();
    let (append, answer) = PendingAppend::new(append, snapshot);
    let enqueued = handle.pending.enqueue(working.epoch(), append);
    *slot = StateSlot::Loaded(working);
    drop(slot);
    let Some(enqueued) = enqueued else { return Some(Decision::Stale) };
    if enqueued.is_first {
        tokio::spawn(commit_pending(Committer::new(handle.clone()), Arc::clone(engine)));
    }
    Some(Decision::Sent(Sent { answer, kept, refusal }))
}

/// Loads the aggregate, or its new events. Other commands wait for this, so a load that takes time continues on a
/// separate task, even if the caller that began it is not polled.
async fn load<A: Aggregate, S: EventStore>(
    mut guard: StateGuard<A>,
    working: Option<WorkingState<A>>,
    status: QueueStatus,
    engine: &Arc<CommandEngine<S>>,
) -> Result<(), ReadError> {
    let engine = Arc::clone(engine);
    let mut loading = Box::pin(async move {
        let working = guard.load(working, status, &engine.store).await?;
        guard.put_back(Some(working));
        Ok(())
    });
    if let Poll::Ready(loaded) = poll!(&mut loading) {
        return loaded;
    }
    match tokio::spawn(loading).await {
        Ok(loaded) => loaded,
        Err(failed) if failed.is_panic() => panic::resume_unwind(failed.into_panic()),
        Err(ended) => Err(StoreError::Unavailable { action: "loading", source: Box::new(ended) }.into()),
    }
}

/// The events that the command produces, encoded for the store.
fn decide<C: Command>(
    state: &C::Aggregate,
    command: &C,
    metadata: &Metadata,
) -> Result<Vec<NewEvent>, ExecuteError<Rejection<C>>>
where
    C::Aggregate: Handle<C>,
{
    let events = state.handle(command).map_err(ExecuteError::Rejected)?;
    Ok(encode(&events, metadata)?)
}

/// The receipt of an earlier execution under the key. A command may be rejected because it was executed before.
async fn executed<S: EventStore, E: std::error::Error + 'static>(
    engine: &Arc<CommandEngine<S>>,
    stream: &StreamId,
    keyed: Option<&Keyed>,
) -> Result<Option<Receipt>, ExecuteError<E>> {
    let receipts = engine.appender.find_receipts(slice::from_ref(stream), keyed).await?;
    Ok(receipts.and_then(|mut receipts| receipts.pop()))
}
