//! Batches loads: loads that are queued at the same time are read in one query. The first loads are read separately and
//! immediately; only while they are running are further loads queued.

use std::{
    fmt, iter,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use eventsource_core::{
    StreamId, Version,
    store::{HistoryVisitor, LogPage, StoreError},
};
use eventsource_sql::{Size, statement};
use futures_util::TryStreamExt;
use sqlx::{Postgres, pool::PoolConnection, postgres::PgRow};
use tokio::sync::oneshot;

use super::{ACTION, history::HistoryReader};
use crate::{
    batcher::{Batcher, Job, TakenJob},
    connections::{Connections, Part},
    error::store_error,
    row,
};

/// The number of loads that run outside of batches at a time.
const SINGLE_LOADS: usize = 2;

/// The number of events of one stream that a batch reads, so that a long stream does not delay the others. The rest is
/// read separately.
const BATCH_ROWS: usize = 128;

/// The loads of one store. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Loads {
    connections: Connections,
    batcher: Batcher<Load>,
    single_loads: Arc<AtomicUsize>,
}

/// The number of payload bytes that a batch keeps. A load that is not complete by then reads the rest separately.
const BATCH_BYTES: usize = LogPage::BYTES;

struct Load {
    stream: StreamId,
    after: Version,
    answer: oneshot::Sender<Result<Loaded, StoreError>>,
}

/// The first events of a stream.
struct Loaded {
    rows: Vec<PgRow>,
    is_whole: bool,
}

/// Counts a load that runs outside of a batch.
struct SingleLoad<'a>(&'a AtomicUsize);

impl Drop for SingleLoad<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Loads {
    pub(crate) fn new(connections: &Connections) -> Self {
        let batcher = Batcher::new(connections.clone());
        Self { connections: connections.clone(), batcher, single_loads: Arc::default() }
    }

    /// The query begins after this call, so it sees every append that was acknowledged before.
    pub(crate) async fn read(
        &self,
        stream: &StreamId,
        after: Version,
        visitor: &mut HistoryVisitor<'_>,
    ) -> Result<(), StoreError> {
        let mut reading = HistoryReader { stream, after, visitor };
        let running = self.single_loads.fetch_add(1, Ordering::Relaxed);
        let single = SingleLoad(&self.single_loads);
        if running < SINGLE_LOADS {
            return reading.read(&self.connections).await;
        }
        drop(single);
        let (answer, loaded) = oneshot::channel();
        self.batcher.push([Load { stream: stream.clone(), after, answer }]);
        // The task that read the batch may have been cancelled with its runtime; this caller's runtime still runs.
        let loaded = self.connections.deadline().outcome(loaded).await.map_err(|it| it.of(ACTION))?;
        let Ok(loaded) = loaded else { return reading.read(&self.connections).await };
        let Loaded { rows, is_whole } = loaded?;
        for row in &rows {
            if reading.visit(row).map_err(|error| store_error(ACTION, error))?.is_break() {
                return Ok(());
            }
        }
        if is_whole { Ok(()) } else { reading.read(&self.connections).await }
    }
}

impl Job for Load {
    const FULL: Size = Size { calls: 64, rows: usize::MAX, bytes: usize::MAX };

    fn streams(&self) -> Vec<StreamId> {
        Vec::new()
    }

    fn size(&self) -> Size {
        Size { calls: 1, ..Size::default() }
    }

    async fn run(
        connections: &Connections,
        loads: Vec<TakenJob<Self>>,
        _: &mut Option<PoolConnection<Postgres>>,
    ) {
        // The callers of some loads may have gone away.
        let loads: Vec<_> =
            loads.into_iter().map(|load| load.job).filter(|load| !load.answer.is_closed()).collect();
        if loads.is_empty() {
            return;
        }
        match read_batch(connections, &loads).await {
            Ok((rows, is_truncated)) => answer(loads, rows, is_truncated),
            Err(error) => {
                let error = Arc::new(error);
                for load in loads {
                    let _ = load.answer.send(Err(StoreError::shared(&error)));
                }
            }
        }
    }

    fn abandon(self) {
        drop(self.answer);
    }
}

/// The rows, and whether the result was cut off: there may be more rows of the last stream, and of those after it.
async fn read_batch(connections: &Connections, loads: &[Load]) -> Result<(Vec<PgRow>, bool), StoreError> {
    let categories: Vec<_> = loads.iter().map(|load| load.stream.category()).collect();
    let ids: Vec<_> = loads.iter().map(|load| load.stream.id()).collect();
    let after: Vec<_> = loads.iter().map(|load| row::signed(load.after.get())).collect();
    let read = connections.read_part(ACTION, |connection| {
        let query = connections
            .query(statement!("../sql/streams.sql", "read_histories"))
            .bind(&categories)
            .bind(&ids)
            .bind(&after)
            .bind(row::limit(BATCH_ROWS));
        Box::pin(async move {
            let mut rows = query.fetch(connection);
            let (mut read, mut bytes) = (Vec::new(), 0);
            while bytes < BATCH_BYTES
                && let Some(row) = rows.try_next().await?
            {
                bytes += row::payload_size(&row);
                read.push(row);
            }
            let is_truncated = bytes >= BATCH_BYTES;
            Ok(Part { read: (read, is_truncated), has_large_rest: is_truncated })
        })
    });
    read.await
}

/// Each caller decodes its own rows, so that a row that cannot be decoded does not fail the other loads.
fn answer(loads: Vec<Load>, rows: Vec<PgRow>, is_truncated: bool) {
    let number_of = |row: &PgRow| row::unsigned(row, 4).ok();
    let cut_at = rows.last().filter(|_| is_truncated).and_then(number_of);
    let mut rows = rows.into_iter().peekable();
    for (load, number) in loads.into_iter().zip(1_u64..) {
        let rows: Vec<_> = iter::from_fn(|| rows.next_if(|row| number_of(row) == Some(number))).collect();
        let is_whole = rows.len() < BATCH_ROWS && cut_at.is_none_or(|last| number < last);
        let _ = load.answer.send(Ok(Loaded { rows, is_whole }));
    }
}

impl fmt::Debug for Loads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loads").field("single_loads", &self.single_loads).finish_non_exhaustive()
    }
}
