//! Recorded events as streams: the next page is read and the current page is decoded while events are returned.

mod decoding;
mod pages;
#[cfg(test)]
mod tests;

use std::{
    panic::resume_unwind,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    vec,
};

use futures_core::{Stream, stream::BoxStream};
use futures_util::{StreamExt, stream};

use self::{
    decoding::{Decoding, End},
    pages::Pages,
};
use crate::{
    EventSet, InvalidStreamId, Position, ReadError, Recorded, StreamId, Version,
    store::{Direction, EventStore, LogFilter},
};

/// A stream of recorded events. It ends after the first error.
pub type EventStream<E> = BoxStream<'static, Result<Recorded<E>, ReadError>>;

pub(crate) fn history<E: EventSet, S: EventStore>(
    store: Arc<S>,
    stream: Result<StreamId, InvalidStreamId>,
) -> EventStream<E> {
    let stream = match stream {
        Ok(stream) => stream,
        Err(error) => return stream::once(async { Err(error.into()) }).boxed(),
    };
    let filter = Arc::new(LogFilter::of::<E>());
    events(Version::EMPTY, move |after, limit| {
        let (store, stream, filter) = (Arc::clone(&store), stream.clone(), Arc::clone(&filter));
        async move {
            let mut page = store.read_stream(&stream, Direction::Forward { after }, limit).await?;
            let next = page.last().filter(|_| page.len() == limit).map(|event| event.context.version);
            // As in the log: a set that reads only some types of the category skips the others.
            page.retain(|event| filter.admits(&event.context));
            Ok((page, next))
        }
    })
}

pub(crate) fn replay<E: EventSet, S: EventStore>(store: Arc<S>, after: Position) -> EventStream<E> {
    log(store, after, LogFilter::of::<E>())
}

/// The events of the log that the filter selects.
pub(crate) fn log<E: EventSet, S: EventStore>(
    store: Arc<S>,
    after: Position,
    filter: LogFilter,
) -> EventStream<E> {
    let filter = Arc::new(filter);
    events(after, move |after, limit| {
        let (store, filter) = (Arc::clone(&store), Arc::clone(&filter));
        async move {
            let page = store.read_log(after, &filter, limit).await?;
            let next = (!page.at_head).then_some(page.horizon);
            Ok((page.events, next))
        }
    })
}

/// The events of all pages from `from` on. `read` takes the start of a page and a limit in events, and returns the
/// start of the next page.
fn events<E, P, F>(from: P, read: impl Fn(P, usize) -> F + Send + Sync + 'static) -> EventStream<E>
where
    E: EventSet,
    P: Send + 'static,
    F: Future<Output = pages::Read<P>> + Send + 'static,
{
    let decoding = Decoding::new(Pages::new(from, read));
    let parts = stream::unfold(decoding, async |mut decoding| {
        let part = decoding.next().await?;
        Some((part, decoding))
    });
    Box::pin(Events { parts: Some(parts.boxed()), events: Vec::new().into_iter(), end: None })
}

/// Returns the events of decoded parts one by one. A single stream instead of a chain of combinators, because each
/// combinator would move every event once more.
struct Events<E> {
    /// Dropped at the end, together with the tasks that read and decode.
    parts: Option<BoxStream<'static, decoding::Part<E>>>,
    events: vec::IntoIter<Recorded<E>>,
    /// The error or panic after these events, if they are the last.
    end: Option<End>,
}

impl<E> Unpin for Events<E> {}

impl<E: EventSet> Stream for Events<E> {
    type Item = Result<Recorded<E>, ReadError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(event) = self.events.next() {
                return Poll::Ready(Some(Ok(event)));
            }
            match self.end.take() {
                Some(End::Error(error)) => return Poll::Ready(Some(Err(*error))),
                Some(End::Panic(panic)) => resume_unwind(panic),
                None => {}
            }
            let Some(parts) = &mut self.parts else { return Poll::Ready(None) };
            match ready!(parts.poll_next_unpin(context)) {
                Some(part) => {
                    self.events = part.events.into_iter();
                    self.end = part.end;
                    if self.end.is_some() {
                        self.parts = None;
                    }
                }
                None => self.parts = None,
            }
        }
    }
}
