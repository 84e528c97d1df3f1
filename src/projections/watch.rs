//! Watching the rows of a read model.

// A `Watch` is a stream with a `mailbox`. The `hub` of a read model has the mailboxes of all watches of the process, and one
// `follower`: it reads from the log which rows have changed, reads those rows, and puts them into the mailboxes.

mod changes;
mod error;
mod filter;
mod follower;
mod hub;
mod look;
mod mailbox;
mod token;

use std::{
    collections::{BTreeSet, HashSet},
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use eventsource_core::engine::Keys;
use futures_core::Stream;

pub use error::WatchError;
pub use filter::Filter;
pub(crate) use hub::Hubs;
pub use token::{InvalidToken, WatchToken};

use self::{
    follower::Follower,
    hub::Joined,
    mailbox::{Message, State},
};
use super::{ProjectionEngine, RowsError};
use crate::{ReadModel, store::ReadModelStore};

/// How many rows are skipped that must not be reported, before other tasks get a chance to run.
const MOST_SKIPPED: usize = 256;

/// What a watch reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Watched<R: ReadModel> {
    /// Forget all rows that were reported: what follows is complete. A watch begins with it, unless it resumes.
    Reset,
    /// The row, as it is now.
    Row(Arc<R>),
    /// There is no row with this key any more, or it must not be reported any more.
    Gone(R::Key),
    /// All reported rows are at least as new as the position of this token, and none is missing. A watch can resume after
    /// it.
    CaughtUp(WatchToken),
}

/// The changes of the rows of a read model, as a stream that does not end. See
/// [`EventSource::watch`](crate::EventSource::watch).
#[must_use = "a watch is a stream that does nothing unless it is polled"]
pub struct Watch<R: ReadModel> {
    source: Arc<dyn Source<R>>,
    filter: Filter<R>,
    after: Option<WatchToken>,
    state: WatchState<R>,
    /// The keys of the rows that were reported; only if not all rows may be reported.
    reported: HashSet<Arc<str>>,
}

enum WatchState<R: ReadModel> {
    New,
    Joined(Joined<R>),
    Ended,
}

impl<R: ReadModel> Watch<R> {
    pub(crate) fn new<S: ReadModelStore>(engine: &Arc<ProjectionEngine<S>>, filter: Filter<R>) -> Self {
        let source = Arc::clone(engine) as Arc<dyn Source<R>>;
        Self { source, filter, after: None, state: WatchState::New, reported: HashSet::new() }
    }

    /// Resumes after a token, so that only rows are reported that have changed since. Where that is not known, the watch
    /// begins with [`Watched::Reset`] and all rows: after a swap, after a long time, or if the last events that the token
    /// includes were lost with a server.
    ///
    /// A watch with [`only`](Filter::only) does so too when a row has changed that must not be reported: whether it was
    /// reported before is not known, and its key must not be named otherwise.
    pub fn after(self, token: impl Into<Option<WatchToken>>) -> Self {
        Self { after: token.into(), ..self }
    }

    fn report(&mut self, state: &State<R>) -> Report<R> {
        let Some(only) = &self.filter.only else {
            let gone = || Watched::Gone(state.key.clone());
            return Report::Message(
                state.row.as_ref().map_or_else(gone, |row| Watched::Row(Arc::clone(row))),
            );
        };
        match state.row.as_ref().filter(|row| only(row)) {
            Some(row) => {
                self.reported.insert(Arc::clone(&state.text));
                Report::Message(Watched::Row(Arc::clone(row)))
            }
            None if self.reported.remove(&state.text) => Report::Message(Watched::Gone(state.key.clone())),
            // It may have been reported before the watch resumed.
            None if self.after.is_some() => Report::Again,
            None => Report::Skip,
        }
    }
}

enum Report<R: ReadModel> {
    Message(Watched<R>),
    Skip,
    Again,
}

/// No field is pinned.
impl<R: ReadModel> Unpin for Watch<R> {}

impl<R: ReadModel> Stream for Watch<R> {
    type Item = Result<Watched<R>, WatchError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        for _ in 0..MOST_SKIPPED {
            let joined = match &this.state {
                WatchState::Joined(joined) => joined,
                WatchState::Ended => return Poll::Ready(None),
                WatchState::New => match Arc::clone(&this.source).join(&this.filter, this.after) {
                    Ok(joined) => {
                        this.state = WatchState::Joined(joined);
                        continue;
                    }
                    Err(error) => {
                        this.state = WatchState::Ended;
                        return Poll::Ready(Some(Err(error)));
                    }
                },
            };
            let report = match ready!(joined.mailbox.poll(context)) {
                Message::State(state) => this.report(&state),
                Message::CaughtUp(token) => Report::Message(Watched::CaughtUp(token)),
                Message::Behind => Report::Again,
                Message::Reset => {
                    this.after = None;
                    this.reported.clear();
                    Report::Message(Watched::Reset)
                }
                Message::Ended(error) => {
                    this.state = WatchState::Ended;
                    return Poll::Ready(Some(Err(error)));
                }
            };
            match report {
                Report::Message(message) => return Poll::Ready(Some(Ok(message))),
                Report::Skip => {}
                Report::Again => {
                    if let WatchState::Joined(joined) = &this.state {
                        joined.again();
                    }
                }
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

/// Where watches join, whatever the store is.
trait Source<R: ReadModel>: Send + Sync {
    fn join(self: Arc<Self>, filter: &Filter<R>, after: Option<WatchToken>) -> Result<Joined<R>, WatchError>;
}

impl<S: ReadModelStore, R: ReadModel> Source<R> for ProjectionEngine<S> {
    fn join(self: Arc<Self>, filter: &Filter<R>, after: Option<WatchToken>) -> Result<Joined<R>, WatchError> {
        let registered = self.consumers.iter().find(|it| it.definition().name == R::TABLE && it.names_rows());
        let consumer = registered.cloned().ok_or(WatchError::NotRegistered { table: R::TABLE })?;
        let texts = filter.keys.as_ref().map(|keys| {
            let table = Keys::of(R::table());
            keys.iter()
                .map(|key| Ok(table.text_of(key)?.into()))
                // A key that is named twice counts once.
                .collect::<Result<BTreeSet<Arc<str>>, RowsError>>()
        });
        let (joined, new) =
            self.hubs.join(texts.transpose()?.map(|texts| texts.into_iter().collect()), after);
        if let Some(hub) = new {
            tokio::spawn(Follower::new(self, consumer, hub).run());
        }
        Ok(joined)
    }
}

impl<R: ReadModel> fmt::Debug for Watch<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch")
            .field("filter", &self.filter)
            .field("after", &self.after)
            .finish_non_exhaustive()
    }
}
