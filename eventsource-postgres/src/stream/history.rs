//! The events of one stream, handed out row by row while the server prepares the next ones.

use std::ops::ControlFlow;

use eventsource_core::{
    StreamId, Version,
    store::{HistoryVisitor, StoreError},
};
use futures_util::TryStreamExt;
use sqlx::{PgConnection, Postgres, pool::PoolConnection, postgres::PgRow};

use super::ACTION;
use crate::{
    connections::Connections,
    error::{is_connection_lost, store_error},
    row,
};

/// So many rows, and bytes of payload, are received for nothing after `each` broke, so that the connection can be used
/// again. Where more are to come, a new connection costs less.
const LEFT: usize = 1_000;
const LEFT_BYTES: usize = 1 << 20;

/// What is to be handed out.
pub(super) struct Reading<'a, 'e> {
    pub(super) stream: &'a StreamId,
    /// The version of the event that was handed out last: from there another connection goes on.
    pub(super) after: Version,
    pub(super) visitor: &'a mut HistoryVisitor<'e>,
}

impl Reading<'_, '_> {
    pub(super) fn hand_out(&mut self, row: &PgRow) -> Result<ControlFlow<()>, sqlx::Error> {
        let (version, stored) = row::stored(row)?;
        // Before the application's code runs: what it was given, it is not given again.
        self.after = version;
        Ok((self.visitor)(version, stored))
    }

    /// All of it, or up to where `each` breaks.
    pub(super) async fn read(&mut self, connections: &Connections) -> Result<(), StoreError> {
        let mut settled = self.read_on(connections, connections.acquire(ACTION).await?).await;
        if settled.as_ref().is_err_and(is_connection_lost) {
            settled = self.read_on(connections, connections.acquire_live(ACTION).await?).await;
        }
        settled.map_err(|error| store_error(ACTION, error))
    }

    async fn read_on(
        &mut self,
        connections: &Connections,
        connection: PoolConnection<Postgres>,
    ) -> Result<(), sqlx::Error> {
        // Closed if this ends early, be it by a panic of the application's code: nobody knows how much is still to come.
        let mut lent = connections.lend(connection).await?;
        let is_at_end = match self.rows(connections, lent.connection()).await {
            Ok(is_at_end) => is_at_end,
            Err(error) => {
                connections.take_back_after(lent, &error);
                return Err(error);
            }
        };
        if is_at_end { connections.take_back(lent).await } else { Ok(()) }
    }

    /// Whether the server has nothing more to say.
    async fn rows(
        &mut self,
        connections: &Connections,
        connection: &mut PgConnection,
    ) -> Result<bool, sqlx::Error> {
        let query = connections
            .query(include_str!("../sql/read_history.sql"))
            .bind(self.stream.category().to_owned())
            .bind(self.stream.id().to_owned())
            .bind(row::signed(self.after.get()));
        let mut rows = query.fetch(connection);
        while let Some(row) = rows.try_next().await? {
            if self.hand_out(&row)?.is_continue() {
                continue;
            }
            let (mut left, mut bytes) = (0, 0);
            while left < LEFT && bytes < LEFT_BYTES {
                let Some(row) = rows.try_next().await? else { return Ok(true) };
                left += 1;
                bytes += row::payload_size(&row);
            }
            return Ok(false);
        }
        Ok(true)
    }
}
