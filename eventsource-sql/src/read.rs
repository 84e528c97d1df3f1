//! Reads events from a running statement, while the database prepares the next rows.

use eventsource_core::{
    Position, RecordedEvent,
    store::{Interner, LogPage},
};
use futures_core::Stream;
use futures_util::TryStreamExt;

use crate::{decoder::Decoder, row::SqlRow};

impl Decoder {
    /// All events of a statement.
    ///
    /// # Errors
    ///
    /// Those of the statement and of [`event`](Self::event).
    pub async fn read_events<R: SqlRow>(
        self,
        mut rows: impl Stream<Item = Result<R, sqlx::Error>> + Unpin,
    ) -> Result<Vec<RecordedEvent>, sqlx::Error> {
        let (mut events, mut interner) = (Vec::new(), Interner::default());
        while let Some(row) = rows.try_next().await? {
            events.push(self.event(&row, &mut interner)?);
        }
        Ok(events)
    }

    /// A page of the log. The statement returns the first `limit` events that were selected after the position `after` and
    /// up to the horizon. The rest is not read when the page has [`LogPage::BYTES`] bytes of payloads.
    ///
    /// # Errors
    ///
    /// Those of the statement and of [`event`](Self::event).
    pub async fn read_page<R: SqlRow>(
        self,
        mut rows: impl Stream<Item = Result<R, sqlx::Error>> + Unpin,
        after: Position,
        horizon: Position,
        limit: usize,
    ) -> Result<LogPage, sqlx::Error> {
        let (mut events, mut interner, mut bytes) = (Vec::new(), Interner::default(), 0);
        while bytes < LogPage::BYTES
            && let Some(row) = rows.try_next().await?
        {
            let event = self.event(&row, &mut interner)?;
            bytes += event.payload().len();
            events.push(event);
        }
        let at_head = events.len() < limit && bytes < LogPage::BYTES;
        let last = events.last().map_or(after, |event| event.context.position);
        Ok(LogPage { horizon: if at_head { horizon } else { last }, events, at_head })
    }
}

#[cfg(test)]
mod tests {
    use sqlx::{AssertSqlSafe, Connection, SqliteConnection};

    use super::*;

    /// The page after position 10, up to 99, of events with payloads of this size.
    async fn page(events: usize, payload: usize, limit: usize) -> LogPage {
        let mut connection = SqliteConnection::connect("sqlite::memory:").await.expect("a database");
        let sql = format!(
            "with recursive n (i) as (select 1 union all select i + 1 from n where i < {events})
             select 10 + 2 * i, 'account', 'a', i, x'00000000000070008000000000000001', 'opened', 1,
                    '\"' || printf('%.*c', {payload} - 2, 'x') || '\"', '{{}}', null, null, 5
               from n"
        );
        let rows = sqlx::query(AssertSqlSafe(sql)).fetch(&mut connection);
        let page = Decoder::since(0).read_page(rows, Position::new(10), Position::new(99), limit).await;
        page.expect("a page")
    }

    #[tokio::test]
    async fn a_page_ends_at_the_horizon_or_at_its_last_event() {
        let half = LogPage::BYTES / 2;
        for (events, payload, limit, expected) in [
            // Fewer events than were asked for: there are no more up to the horizon.
            (3, 10, 4, (3, 99, true)),
            (3, 10, 3, (3, 16, false)),
            // As many bytes as a page may have.
            (3, half, 10, (2, 14, false)),
            (2, half, 10, (2, 14, false)),
            (1, half, 10, (1, 99, true)),
        ] {
            let page = page(events, payload, limit).await;
            let found = (page.events.len(), page.horizon.get(), page.at_head);
            assert_eq!(found, expected, "{events} events of {payload} bytes, at most {limit}");
        }
    }
}
