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
    committer::{Driver, drive},
    pending::{Outbox, Outcome, Parcel, Standing},
    state_slot::{Away, Place, Turn},
    working_state::Known,
};
pub(super) use exclusive::Exclusive;
pub(super) use working_state::{End, Resting};

use super::{ExecuteError, Inner, ReadError, append::encode, queues::Seat};
use crate::{
    Aggregate, Command, Handle, Metadata, StreamId,
    store::{Append, AppendError, EventStore, ExpectedVersion, NewEvent, Receipt, StoreError},
};

/// The place of one aggregate.
pub(super) struct Desk<A: Aggregate> {
    stream: StreamId,
    turn: Turn<A>,
    outbox: Outbox,
}

/// What came of deciding once.
pub(super) enum Attempt {
    Settled(Receipt),
    /// To be decided again, for this conflict.
    Conflict(AppendError),
    /// To be decided again, because something failed in this process that it was decided on.
    Misled,
}

type Rejection<C> = <<C as Command>::Aggregate as Handle<C>>::Error;

impl<A: Aggregate> Desk<A> {
    /// For an aggregate of which this may be known.
    pub(super) fn new(stream: StreamId, resting: Option<Resting<A>>) -> Self {
        Self { stream, turn: Turn::new(resting.map(Known::from)), outbox: Outbox::default() }
    }

    pub(super) fn stream(&self) -> &StreamId {
        &self.stream
    }

    /// Applies what is stored by now, so that the state is remembered with its weight. Whoever has it away does that
    /// anyway.
    fn settle(&self) {
        let mut place = self.turn.place();
        *place = match mem::replace(&mut *place, Place::Unknown) {
            Place::Known(known) => Place::Known(known.settled(self.outbox.standing())),
            other => other,
        };
    }

    /// What may be remembered when nobody is here any more.
    pub(super) fn rest(self) -> Option<Resting<A>> {
        let standing = self.outbox.standing();
        self.turn.into_known()?.rest(standing)
    }
}

/// Lets the aggregate decide the command when it has its turn, and has the events appended.
pub(super) async fn attempt<C: Command, S: EventStore>(
    seat: &Seat<C::Aggregate>,
    source: &Arc<Inner<S>>,
    command: &C,
    metadata: &Metadata,
    key: Option<&str>,
) -> Result<Attempt, ExecuteError<Rejection<C>>>
where
    C::Aggregate: Handle<C>,
{
    let arrival = seat.turn.arrive();
    let turn = || take_turn(seat, source, arrival, command, metadata, key);
    let Sent { answer, kept, refusal } = loop {
        match seat.turn.wait_for(turn).await {
            Taken::Sent(sent) => break sent,
            Taken::Refused(refusal) => {
                let executed = executed(source, &seat.stream, key).await?;
                return executed.map(Attempt::Settled).ok_or(refusal);
            }
            Taken::Misled => return Ok(Attempt::Misled),
            Taken::Failed(error) => return Err(ReadError::from(error).into()),
            Taken::ToLoad(away, known, standing) => load(away, known, standing, source).await?,
        }
    };
    if refusal.is_some()
        && let Some(receipt) = executed(source, &seat.stream, key).await?
    {
        return Ok(Attempt::Settled(receipt));
    }
    let outcome = answer.await.unwrap_or_else(|lost| {
        let (append, source) = (Box::new(kept), Box::new(lost));
        Outcome::Settled(Err(AppendError::OutcomeUnknown { append, source }))
    });
    match outcome {
        Outcome::Settled(Ok(receipt)) => match refusal {
            None => Ok(Attempt::Settled(receipt)),
            // Once more: the first execution may have been under way in this process.
            Some(refusal) => {
                let executed = executed(source, &seat.stream, key).await?;
                executed.map(Attempt::Settled).ok_or(refusal)
            }
        },
        Outcome::Settled(Err(error @ AppendError::Conflict { .. })) => Ok(Attempt::Conflict(error)),
        Outcome::Settled(Err(error)) => Err(ExecuteError::from_append(error, 1)),
        Outcome::Misled => Ok(Attempt::Misled),
    }
}

/// What came of a turn.
enum Taken<A: Aggregate, E: std::error::Error + 'static> {
    Sent(Sent<E>),
    /// On what the store held after the command had come.
    Refused(ExecuteError<E>),
    Misled,
    /// The store, when it was read after the command had come.
    Failed(StoreError),
    /// What is known is too old, if anything is. It is for the one whose turn it was to load it.
    ToLoad(Away<A>, Option<Known<A>>, Standing),
}

/// What is on its way to the store.
struct Sent<E: std::error::Error + 'static> {
    answer: oneshot::Receiver<Outcome>,
    /// For the case that the answer is lost with the runtime that waits for it.
    kept: Append,
    /// Given if what is sent only confirms it.
    refusal: Option<ExecuteError<E>>,
}

/// Decides at once, unless what is known is away.
fn take_turn<C: Command, S: EventStore>(
    seat: &Seat<C::Aggregate>,
    source: &Arc<Inner<S>>,
    arrival: u64,
    command: &C,
    metadata: &Metadata,
    key: Option<&str>,
) -> Option<Taken<C::Aggregate, Rejection<C>>>
where
    C::Aggregate: Handle<C>,
{
    let mut place = seat.turn.place();
    let known = match place.take(arrival)? {
        Ok(known) => known,
        Err(error) => return Some(Taken::Failed(error)),
    };
    let standing = seat.outbox.standing();
    let known = match known {
        Some(known) if known.is_right(standing) => known,
        old => {
            drop(place);
            return Some(Taken::ToLoad(Away::from(seat), old, standing));
        }
    };
    // Out of its place while code of the domain runs: if that panics, nobody goes on with what is left.
    *place = Place::Unknown;
    let mut known = known.applied(standing);
    let expected = ExpectedVersion::Exact(known.version());
    let to_append = |events| Append::to(seat.stream.clone(), expected, events);
    let decided = decide(known.state(), command, metadata).and_then(|events| {
        let snapshot = known.decided(&events).map_err(ExecuteError::Unreadable)?;
        Ok((events, snapshot))
    });
    let (refusal, append, snapshot) = match decided {
        Ok((events, snapshot)) => {
            (None, Append { idempotency_key: key.map(str::to_owned), ..to_append(events) }, snapshot)
        }
        Err(refusal) if known.is_fresh(arrival) => {
            *place = Place::Known(known);
            return Some(Taken::Refused(refusal));
        }
        Err(refusal) => (Some(refusal), to_append(Vec::new()), None),
    };
    let kept = append.clone();
    let (parcel, answer) = Parcel::new(append, snapshot);
    let put = seat.outbox.put(known.epoch(), parcel);
    *place = Place::Known(known);
    drop(place);
    let Some(put) = put else { return Some(Taken::Misled) };
    if put.is_first {
        tokio::spawn(drive(Driver::new(seat.clone()), Arc::clone(source)));
    }
    Some(Taken::Sent(Sent { answer, kept, refusal }))
}

/// Loads the aggregate, or what is new of it. Others wait for it, so where it takes time it goes on on a task of its
/// own, whether the one is polled who began it or not.
async fn load<A: Aggregate, S: EventStore>(
    mut away: Away<A>,
    known: Option<Known<A>>,
    standing: Standing,
    source: &Arc<Inner<S>>,
) -> Result<(), ReadError> {
    let source = Arc::clone(source);
    let mut loading = Box::pin(async move {
        let known = away.load(known, standing, &source.store).await?;
        away.bring_back(Some(known));
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
