//! Reading one stream.

mod history;
mod loads;

use eventsource_core::{
    RecordedEvent, StreamId,
    store::{Direction, Interner, StoreError},
};
use futures_util::TryStreamExt;

use crate::{connections::Connections, row};

pub(crate) use loads::Loads;

const ACTION: &str = "reading a stream";

pub(crate) async fn read(
    connections: &Connections,
    stream: &StreamId,
    direction: Direction,
    limit: usize,
) -> Result<Vec<RecordedEvent>, StoreError> {
    let (sql, from) = match direction {
        Direction::Forward { after } => (include_str!("sql/read_stream_forward.sql"), after),
        Direction::Backward { before } => (include_str!("sql/read_stream_backward.sql"), before),
    };
    let rows = connections.read(ACTION, |connection| {
        let query = connections
            .query(sql)
            .bind(stream.category().to_owned())
            .bind(stream.id().to_owned())
            .bind(row::signed(from.get()))
            .bind(row::limit(limit));
        Box::pin(async move {
            // Row by row, while the server prepares the next rows.
            let mut rows = query.fetch(connection);
            let (mut events, mut interner) = (Vec::new(), Interner::default());
            while let Some(row) = rows.try_next().await? {
                events.push(row::DECODER.event(&row, &mut interner)?);
            }
            Ok(events)
        })
    });
    rows.await
}
