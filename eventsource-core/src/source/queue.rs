//! Where the commands on one aggregate take their turns, so that those of one process do not conflict with each
//! other.
//!
//! Each is decided, in the order they came, on the state that those before it will leave, while those are still being
//! appended; what was decided meanwhile is appended together. Nothing is answered before it is committed, and when an
//! append fails, all that was decided on it is decided again: a command sees what it would have seen had each waited
//! for the one before it. A rejection was decided on that state too, so it is confirmed in the same way: by an append
//! of nothing, which expects the version it was decided at. So is a failure to write what was decided.

mod committer;
mod exclusive;
mod pending;
mod state_slot;
mod working_state;

use std::{mem, panic, sync::Arc, task::Poll};

use futures_util::poll;
use tokio::sync::oneshot;

use self::{
    committer::{Committer, commit_pending},
    pending::{AppendOutcome, PendingAppend, PendingAppends, QueueStatus},
    state_slot::{StateGuard, StateLock, StateSlot},
    working_state::WorkingState,
};
pub(super) use exclusive::Exclusive;
pub(super) use working_state::{CachedState, End};

use super::{ExecuteError, Inner, ReadError, append::encode, queues::QueueHandle};
use crate::{
    Aggregate, Command, Handle, Metadata, StreamId,
    store::{Append, AppendError, EventStore, ExpectedVersion, NewEvent, Receipt, StoreError},
};

/// The place of one aggregate.
pub(super) struct CommandQueue<A: Aggregate> {
    stream: StreamId,
    state: StateLock<A>,
    pending: PendingAppends,
}

/// What came of deciding once.
pub(super) enum Attempt {
    Done(Receipt),
    /// To be decided again, for this conflict.
    Conflict(AppendError),
    /// To be decided again, because something failed in this process that it was decided on.
    Stale,
}

type Rejection<C> = <<C as Command>::Aggregate as Handle<C>>::Error;

impl<A: Aggregate> CommandQueue<A> {
    /// For an aggregate of which this may be known.
    pub(super) fn new(stream: StreamId, cached: Option<CachedState<A>>) -> Self {
        Self {
            stream,
            state: StateLock::new(cached.map(WorkingState::from)),
            pending: PendingAppends::default(),
        }
    }

    pub(super) fn stream(&self) -> &StreamId {
        &self.stream
    }

    /// Applies what is stored by now, so that the state is remembered with its weight. Whoever has it away does that
    /// anyway.
    fn settle(&self) {
        let mut slot = self.state.slot();
        *slot = match mem::replace(&mut *slot, StateSlot::Empty) {
            StateSlot::Loaded(working) => StateSlot::Loaded(working.settled(self.pending.status())),
            other => other,
        };
    }

    /// What may be remembered when nobody is here any more.
    pub(super) fn into_cached(self) -> Option<CachedState<A>> {
        let status = self.pending.status();
        self.state.into_working_state()?.into_cached(status)
    }
}

/// Lets the aggregate decide the command when it has its turn, and has the events appended.
pub(super) async fn attempt<C: Command, S: EventStore>(
    handle: &QueueHandle<C::Aggregate>,
    source: &Arc<Inner<S>>,
    command: &C,
    metadata: &Metadata,
    key: Option<&str>,
) -> Result<Attempt, ExecuteError<Rejection<C>>>
where
    C::Aggregate: Handle<C>,
{
    let arrival = handle.state.arrive();
    let try_now = || try_decide(handle, source, arrival, command, metadata, key);
    let Sent { answer, kept, refusal } = loop {
        match handle.state.wait_for(try_now).await {
            Decision::Sent(sent) => break sent,
            Decision::Refused(refusal) => {
                let executed = executed(source, &handle.stream, key).await?;
                return executed.map(Attempt::Done).ok_or(refusal);
            }
            Decision::Stale => return Ok(Attempt::Stale),
            Decision::Failed(error) => return Err(ReadError::from(error).into()),
            Decision::NeedsLoad(guard, working, status) => load(guard, working, status, source).await?,
        }
    };
    if refusal.is_some()
        && let Some(receipt) = executed(source, &handle.stream, key).await?
    {
        return Ok(Attempt::Done(receipt));
    }
    let outcome = answer.await.unwrap_or_else(|lost| {
        let (append, source) = (Box::new(kept), Box::new(lost));
        AppendOutcome::Done(Err(AppendError::OutcomeUnknown { append, source }))
    });
    match outcome {
        AppendOutcome::Done(Ok(receipt)) => match refusal {
            None => Ok(Attempt::Done(receipt)),
            // Once more: the first execution may have been under way in this process.
            Some(refusal) => {
                let executed = executed(source, &handle.stream, key).await?;
                executed.map(Attempt::Done).ok_or(refusal)
            }
        },
        AppendOutcome::Done(Err(error @ AppendError::Conflict { .. })) => Ok(Attempt::Conflict(error)),
        AppendOutcome::Done(Err(error)) => Err(ExecuteError::from_append(error, 1)),
        AppendOutcome::Stale => Ok(Attempt::Stale),
    }
}

/// What came of a turn.
enum Decision<A: Aggregate, E: std::error::Error + 'static> {
    Sent(Sent<E>),
    /// On what the store held after the command had come.
    Refused(ExecuteError<E>),
    Stale,
    /// The store, when it was read after the command had come.
    Failed(StoreError),
    /// What is known is too old, if anything is. It is for the one whose turn it was to load it.
    NeedsLoad(StateGuard<A>, Option<WorkingState<A>>, QueueStatus),
}

/// What is on its way to the store.
struct Sent<E: std::error::Error + 'static> {
    answer: oneshot::Receiver<AppendOutcome>,
    /// For the case that the answer is lost with the runtime that waits for it.
    kept: Append,
    /// Given if what is sent only confirms it.
    refusal: Option<ExecuteError<E>>,
}

/// Decides at once, unless what is known is away.
fn try_decide<C: Command, S: EventStore>(
    handle: &QueueHandle<C::Aggregate>,
    source: &Arc<Inner<S>>,
    arrival: u64,
    command: &C,
    metadata: &Metadata,
    key: Option<&str>,
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
    // Out of its place while code of the domain runs: if that panics, nobody goes on with what is left.
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
            (None, Append { idempotency_key: key.map(str::to_owned), ..to_append(events) }, snapshot)
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
        tokio::spawn(commit_pending(Committer::new(handle.clone()), Arc::clone(source)));
    }
    Some(Decision::Sent(Sent { answer, kept, refusal }))
}

/// Loads the aggregate, or what is new of it. Others wait for it, so where it takes time it goes on on a task of its
/// own, whether the one is polled who began it or not.
async fn load<A: Aggregate, S: EventStore>(
    mut guard: StateGuard<A>,
    working: Option<WorkingState<A>>,
    status: QueueStatus,
    source: &Arc<Inner<S>>,
) -> Result<(), ReadError> {
    let source = Arc::clone(source);
    let mut loading = Box::pin(async move {
        let working = guard.load(working, status, &source.store).await?;
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

/// What is to be recorded, as it is to be stored.
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

/// The receipt of an earlier execution under the key. What is rejected may well be impossible because it has
/// happened.
async fn executed<S: EventStore>(
    source: &Arc<Inner<S>>,
    stream: &StreamId,
    key: Option<&str>,
) -> Result<Option<Receipt>, StoreError> {
    match key {
        Some(key) => source.store.find_receipt(stream, key).await,
        None => Ok(None),
    }
}
