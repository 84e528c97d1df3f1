//! Recorded events as streams, read page by page.

use std::sync::Arc;

use futures_core::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt, stream};

use super::{Inner, ReadError};
use crate::{
    EventSet, InvalidStreamId, Position, Recorded, RecordedEvent, StreamId, Version,
    store::{Direction, EventStore, LogFilter},
};

/// Recorded events, one after the other; it ends after the first error.
pub type EventStream<E> = BoxStream<'static, Result<Recorded<E>, ReadError>>;

/// How many events are read at a time: enough that the round trip no longer counts.
const PAGE: usize = 4_000;

pub(super) fn history<E: EventSet, S: EventStore>(
    source: Arc<Inner<S>>,
    stream: Result<StreamId, InvalidStreamId>,
) -> EventStream<E> {
    let stream = match stream {
        Ok(stream) => stream,
        Err(error) => return stream::once(async { Err(error.into()) }).boxed(),
    };
    pages(Some(Version::EMPTY), move |after| {
        let (source, stream) = (Arc::clone(&source), stream.clone());
        async move {
            let page = source.store.read_stream(&stream, Direction::Forward { after }, PAGE).await?;
            let next = page.last().filter(|_| page.len() == PAGE).map(|event| event.version);
            Ok((page, next))
        }
    })
}

pub(super) fn replay<E: EventSet, S: EventStore>(source: Arc<Inner<S>>, after: Position) -> EventStream<E> {
    let filter = Arc::new(LogFilter::of::<E>());
    pages(Some(after), move |after| {
        let (source, filter) = (Arc::clone(&source), Arc::clone(&filter));
        async move {
            let page = source.store.read_log(after, &filter, PAGE).await?;
            let next = (!page.at_head).then_some(page.horizon);
            Ok((page.events, next))
        }
    })
}

/// Reads pages until one says that none follows, and decodes their events.
fn pages<E, P, F>(first: Option<P>, read: impl Fn(P) -> F + Send + Sync + 'static) -> EventStream<E>
where
    E: EventSet,
    P: Send + 'static,
    F: Future<Output = Result<(Vec<RecordedEvent>, Option<P>), ReadError>> + Send,
{
    let read = Arc::new(read);
    let pages = stream::try_unfold(first, move |from| {
        let read = Arc::clone(&read);
        async move {
            let Some(from) = from else { return Ok::<_, ReadError>(None) };
            Ok(Some(read(from).await?))
        }
    });
    let events = pages.map_ok(|page| {
        // A page is decoded event by event as it is asked for; an error ends the whole stream.
        stream::iter(page).map(|event| event.decode::<E>()).map_ok(stream::iter).map_err(ReadError::from)
    });
    let flat = events.try_flatten().map_ok(|events| events.map(Ok::<_, ReadError>)).try_flatten();
    flat.scan(false, |failed, item| {
        let ended = std::mem::replace(failed, item.is_err());
        async move { (!ended).then_some(item) }
    })
    .boxed()
}
