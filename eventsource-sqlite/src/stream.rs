//! Reading one stream.

use eventsource_core::{
    RecordedEvent, StreamId, Version,
    store::{Direction, HistoryVisitor, StoreError},
};
use eventsource_sql::statement;
use futures_util::TryStreamExt;
use sqlx::SqliteConnection;

use crate::{connections::Connections, error::store_error, row};

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
        let query = sqlx::query(sql)
            .bind(stream.category().to_owned())
            .bind(stream.id().to_owned())
            .bind(row::signed(from.get()))
            .bind(row::limit(limit));
        Box::pin(async move { row::DECODER.read_events(query.fetch(connection)).await })
    });
    rows.await
}

/// Passes the events of one stream to the visitor while they are read, with only the columns that decoding needs.
pub(crate) async fn read_history(
    connections: &Connections,
    stream: &StreamId,
    after: Version,
    visitor: &mut HistoryVisitor<'_>,
) -> Result<(), StoreError> {
    let mut reader = connections.acquire_reader(ACTION).await?;
    let read = visit_rows(reader.connection(), stream, after, visitor).await;
    if read.is_err() {
        reader.discard();
    }
    read.map_err(|error| store_error(ACTION, error))
}

async fn visit_rows(
    connection: &mut SqliteConnection,
    stream: &StreamId,
    after: Version,
    visitor: &mut HistoryVisitor<'_>,
) -> Result<(), sqlx::Error> {
    let query = sqlx::query(statement!("sql/streams.sql", "read_history"))
        .bind(stream.category().to_owned())
        .bind(stream.id().to_owned())
        .bind(row::signed(after.get()));
    // Dropping the stream ends the statement.
    let mut rows = query.fetch(connection);
    while let Some(row) = rows.try_next().await? {
        let (version, stored) = row::stored(&row, stream)?;
        if visitor(version, stored).is_break() {
            break;
        }
    }
    Ok(())
}
