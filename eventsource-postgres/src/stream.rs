//! Reading one stream.

mod history;
mod loads;

use eventsource_core::{
    RecordedEvent, StreamId,
    store::{Direction, StoreError},
};
use eventsource_sql::statement;

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
        Direction::Forward { after } => (statement!("sql/streams.sql", "read_stream_forward"), after),
        Direction::Backward { before } => (statement!("sql/streams.sql", "read_stream_backward"), before),
    };
    let rows = connections.read(ACTION, |connection| {
        let query = connections
            .query(sql)
            .bind(stream.category().to_owned())
            .bind(stream.id().to_owned())
            .bind(row::signed(from.get()))
            .bind(row::limit(limit));
        Box::pin(async move { row::DECODER.read_events(query.fetch(connection)).await })
    });
    rows.await
}
