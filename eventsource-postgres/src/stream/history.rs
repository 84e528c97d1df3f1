//! Streams the events of one stream to a visitor, row by row, while the server prepares the next rows.

use std::ops::ControlFlow;

use eventsource_core::{
    StreamId, Version,
    store::{HistoryVisitor, StoreError},
};
use eventsource_sql::statement;
use futures_util::TryStreamExt;
use sqlx::{PgConnection, Postgres, pool::PoolConnection, postgres::PgRow};

use super::ACTION;
use crate::{
    connections::{Connections, TimedOut},
    error::{is_connection_lost, store_error},
    row,
};

/// The rows and bytes of payload that are received and discarded after the visitor stopped, so that the connection can be
/// used again. If the server has more to send, a new connection costs less.
const DRAIN_ROWS: usize = 1_000;
const DRAIN_BYTES: usize = 1 << 20;

/// A read of one stream, and its progress.
pub(super) struct HistoryReader<'a, 'e> {
    pub(super) stream: &'a StreamId,
    /// The version of the event that the visitor received last; another connection resumes after it.
    pub(super) after: Version,
    pub(super) visitor: &'a mut HistoryVisitor<'e>,
}

impl HistoryReader<'_, '_> {
    pub(super) fn visit(&mut self, row: &PgRow) -> Result<ControlFlow<()>, sqlx::Error> {
        let (version, stored) = row::stored(row, self.stream)?;
        // Before the application's code runs: it must not receive an event twice.
        self.after = version;
        Ok((self.visitor)(version, stored))
    }

    /// Reads all events, or until the visitor stops.
    pub(super) async fn read(&mut self, connections: &Connections) -> Result<(), StoreError> {
        let deadline = connections.deadline();
        let mut result = self.read_with(connections, connections.acquire(ACTION, deadline).await?).await;
        if result
            .as_ref()
            .is_err_and(|error| is_connection_lost(error) && TimedOut::found_in(error).is_none())
        {
            let deadline = connections.deadline();
            result = self.read_with(connections, connections.acquire_live(ACTION, deadline).await?).await;
        }
        result.map_err(|error| store_error(ACTION, error))
    }

    async fn read_with(
        &mut self,
        connections: &Connections,
        connection: PoolConnection<Postgres>,
    ) -> Result<(), sqlx::Error> {
        // Closed if this ends early, also by a panic of the application's code: the size of the rest is unknown.
        let mut guard = connections.guard(connection).await?;
        let is_at_end = match self.rows(connections, guard.connection()).await {
            Ok(is_at_end) => is_at_end,
            Err(error) => {
                connections.give_back_after(guard, &error);
                return Err(error);
            }
        };
        if is_at_end { connections.give_back(guard).await } else { Ok(()) }
    }

    /// Returns whether the whole result was received.
    async fn rows(
        &mut self,
        connections: &Connections,
        connection: &mut PgConnection,
    ) -> Result<bool, sqlx::Error> {
        let query = connections
            .query(statement!("../sql/streams.sql", "read_history"))
            .bind(self.stream.category().to_owned())
            .bind(self.stream.id().to_owned())
            .bind(row::signed(self.after.get()));
        let mut rows = query.fetch(connection);
        // The history may be long, so each row has a limit of its own.
        while let Some(row) = connections.deadline().statement(rows.try_next()).await? {
            if self.visit(&row)?.is_continue() {
                continue;
            }
            let (mut drained, mut bytes) = (0, 0);
            while drained < DRAIN_ROWS && bytes < DRAIN_BYTES {
                let next = connections.deadline().statement(rows.try_next()).await?;
                let Some(row) = next else { return Ok(true) };
                drained += 1;
                bytes += row::payload_size(&row);
            }
            return Ok(false);
        }
        Ok(true)
    }
}
