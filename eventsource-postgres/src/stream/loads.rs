//! Loads that wait at the same time are read in one query. The first ones are read by themselves, at once: only
//! while some are under way do others gather.

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
use futures_util::TryStreamExt;
use sqlx::{Postgres, pool::PoolConnection, postgres::PgRow};
use tokio::sync::oneshot;

use super::{ACTION, history::Reading};
use crate::{
    batcher::{Batcher, InHand, Job, Size},
    connections::{Connections, Part},
    error::store_error,
    row,
};

/// How many loads go by themselves at a time.
const ALONE: usize = 2;

/// As much as is read of one stream together with others, so that a long one does not hold them up. The rest is
/// read by itself.
const BATCH_ROWS: usize = 128;

/// The loads of one store. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Loads {
    connections: Connections,
    batcher: Batcher<Load>,
    alone: Arc<AtomicUsize>,
}

/// As many bytes of payload as are kept of all of them. Whoever does not have all by then reads the rest by itself.
const BYTES: usize = LogPage::BYTES;

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

/// One of those that go by themselves.
struct Alone<'a>(&'a AtomicUsize);

impl Drop for Alone<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Loads {
    pub(crate) fn new(connections: &Connections) -> Self {
        let batcher = Batcher::new(connections.clone());
        Self { connections: connections.clone(), batcher, alone: Arc::default() }
    }

    /// A query begins after its loads are asked for, so it sees all that was acknowledged before.
    pub(crate) async fn read(
        &self,
        stream: &StreamId,
        after: Version,
        visitor: &mut HistoryVisitor<'_>,
    ) -> Result<(), StoreError> {
        let mut reading = Reading { stream, after, visitor };
        let under_way = self.alone.fetch_add(1, Ordering::Relaxed);
        let alone = Alone(&self.alone);
        if under_way < ALONE {
            return reading.read(&self.connections).await;
        }
        drop(alone);
        let (answer, loaded) = oneshot::channel();
        self.batcher.push([Load { stream: stream.clone(), after, answer }]);
        // Whoever read it may have been shut down together with its runtime; this one is still here.
        let Ok(loaded) = loaded.await else { return reading.read(&self.connections).await };
        let Loaded { rows, is_whole } = loaded?;
        for row in &rows {
            if reading.hand_out(row).map_err(|error| store_error(ACTION, error))?.is_break() {
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
        loads: Vec<InHand<Self>>,
        _: &mut Option<PoolConnection<Postgres>>,
    ) {
        // Nobody waits for some of them any more.
        let loads: Vec<_> =
            loads.into_iter().map(|load| load.job).filter(|load| !load.answer.is_closed()).collect();
        if loads.is_empty() {
            return;
        }
        match read_batch(connections, &loads).await {
            Ok((rows, is_cut)) => answer(loads, rows, is_cut),
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

/// The rows, and whether there may be more of the last one's stream and of those behind it.
async fn read_batch(connections: &Connections, loads: &[Load]) -> Result<(Vec<PgRow>, bool), StoreError> {
    let categories: Vec<_> = loads.iter().map(|load| load.stream.category()).collect();
    let ids: Vec<_> = loads.iter().map(|load| load.stream.id()).collect();
    let after: Vec<_> = loads.iter().map(|load| row::signed(load.after.get())).collect();
    let read = connections.read_part(ACTION, |connection| {
        let query = connections
            .query(include_str!("../sql/read_histories.sql"))
            .bind(&categories)
            .bind(&ids)
            .bind(&after)
            .bind(row::limit(BATCH_ROWS));
        Box::pin(async move {
            let mut rows = query.fetch(connection);
            let (mut read, mut bytes) = (Vec::new(), 0);
            while bytes < BYTES
                && let Some(row) = rows.try_next().await?
            {
                bytes += row::payload_size(&row);
                read.push(row);
            }
            let is_cut = bytes >= BYTES;
            Ok(Part { read: (read, is_cut), much_is_left: is_cut })
        })
    });
    read.await
}

/// Each decodes its own rows: what cannot be read of one stream does not concern the others.
fn answer(loads: Vec<Load>, rows: Vec<PgRow>, is_cut: bool) {
    let number_of = |row: &PgRow| row::unsigned(row, 4).ok();
    let cut_at = rows.last().filter(|_| is_cut).and_then(number_of);
    let mut rows = rows.into_iter().peekable();
    for (load, number) in loads.into_iter().zip(1_u64..) {
        let rows: Vec<_> = iter::from_fn(|| rows.next_if(|row| number_of(row) == Some(number))).collect();
        let is_whole = rows.len() < BATCH_ROWS && cut_at.is_none_or(|last| number < last);
        let _ = load.answer.send(Ok(Loaded { rows, is_whole }));
    }
}

impl fmt::Debug for Loads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loads").field("alone", &self.alone).finish_non_exhaustive()
    }
}
