//! Where the commands on one aggregate take their turns, so that those of one process do not conflict with each
//! other.
//!
//! Each is decided, in the order they came, on the state that those before it will leave, while those are still being
//! appended; what was decided meanwhile is appended together. Nothing is answered before it is committed, and when an
//! append fails, all that was decided on it is decided again: a command sees what it would have seen had each waited
//! for the one before it. A rejection was decided on that state too, so it is confirmed in the same way: by an append
//! of nothing, which expects the version it was decided at.

mod drive;
mod exclusive;
mod known;
mod outbox;

use std::sync::Arc;

use tokio::sync::Mutex;

use self::{
    drive::drive,
    known::Known,
    outbox::{Outbox, Outcome, Parcel},
};
pub(super) use exclusive::Exclusive;
pub(super) use known::{End, Resting};

use super::{ExecuteError, Inner, append::encode, desks::Seat};
use crate::{
    Aggregate, Command, Handle, Metadata, StreamId,
    store::{Append, AppendError, EventStore, ExpectedVersion, Receipt, StoreError},
};

/// The place of one aggregate.
pub(super) struct Desk<A: Aggregate> {
    stream: StreamId,
    /// What the one whose turn it is knows of the aggregate; nothing if it is yet to be loaded.
    turn: Arc<Mutex<Option<Known<A>>>>,
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
        Self { stream, turn: Arc::new(Mutex::new(resting.map(Known::from))), outbox: Outbox::default() }
    }

    pub(super) fn stream(&self) -> &StreamId {
        &self.stream
    }

    /// What may be remembered when nobody is here any more.
    pub(super) fn rest(self) -> Option<Resting<A>> {
        let standing = self.outbox.standing();
        Arc::into_inner(self.turn)?.into_inner()?.rest(standing)
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
    let mut turn = seat.turn.lock().await;
    // Out of its place while code of the domain runs: if that panics, nobody goes on with what is left.
    let mut known = Known::at(turn.take(), seat.outbox.standing(), &source.store, &seat.stream).await?;
    let expected = ExpectedVersion::Exact(known.version());
    let (rejection, append, snapshot) = match known.state().handle(command) {
        Ok(events) => {
            let events = encode(&events, metadata)?;
            let snapshot = known.decided(&events).map_err(ExecuteError::Unreadable)?;
            let mut append = Append::to(seat.stream.clone(), expected, events);
            append.idempotency_key = key.map(str::to_owned);
            (None, append, snapshot)
        }
        Err(rejection) if known.is_fresh() => {
            *turn = Some(known);
            drop(turn);
            return match executed(source, &seat.stream, key).await? {
                Some(receipt) => Ok(Attempt::Settled(receipt)),
                None => Err(ExecuteError::Rejected(rejection)),
            };
        }
        Err(rejection) => (Some(rejection), Append::to(seat.stream.clone(), expected, Vec::new()), None),
    };
    // For the case that the answer is lost with the runtime that waits for it.
    let kept = append.clone();
    let (parcel, answer) = Parcel::new(append, snapshot);
    let sent = seat.outbox.put(known.epoch(), parcel);
    *turn = Some(known);
    drop(turn);
    let Some(sent) = sent else { return Ok(Attempt::Misled) };
    if sent.is_first {
        tokio::spawn(drive(seat.clone(), Arc::clone(source)));
    }
    if rejection.is_some()
        && let Some(receipt) = executed(source, &seat.stream, key).await?
    {
        return Ok(Attempt::Settled(receipt));
    }
    let outcome = answer.await.unwrap_or_else(|lost| {
        let (append, source) = (Box::new(kept), Box::new(lost));
        Outcome::Settled(Err(AppendError::OutcomeUnknown { append, source }))
    });
    match outcome {
        Outcome::Settled(Ok(receipt)) => match rejection {
            None => Ok(Attempt::Settled(receipt)),
            // Once more: the first execution may have been under way in this process.
            Some(rejection) => match executed(source, &seat.stream, key).await? {
                Some(receipt) => Ok(Attempt::Settled(receipt)),
                None => Err(ExecuteError::Rejected(rejection)),
            },
        },
        Outcome::Settled(Err(error @ AppendError::Conflict { .. })) => Ok(Attempt::Conflict(error)),
        Outcome::Settled(Err(error)) => Err(ExecuteError::from_append(error, 1)),
        Outcome::Misled => Ok(Attempt::Misled),
    }
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
