//! Loads that wait at the same time are read in one query. The first ones are read by themselves, at once: only
//! while some are under way do others gather.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use eventsource_core::{RecordedEvent, StreamId, Version, store::StoreError};
use sqlx::{Postgres, pool::PoolConnection, postgres::PgRow};
use tokio::sync::oneshot;

use super::{ACTION, read_forward};
use crate::{
    connections::Connections,
    error::{alike, store_error},
    gather::{Gather, InHand, Job, Size},
    row,
};

/// How many loads go by themselves at a time.
const ALONE: usize = 2;

/// As much as is read of one stream together with others, so that a long one does not hold them up. The rest is
/// read by itself.
const TOGETHER: usize = 128;

/// The loads of one store. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Loads {
    connections: Connections,
    gather: Gather<Load>,
    alone: Arc<AtomicUsize>,
}

type Loaded = Result<Vec<RecordedEvent>, StoreError>;

struct Load {
    stream: StreamId,
    after: Version,
    limit: usize,
    answer: oneshot::Sender<Loaded>,
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
        let gather = Gather::new(connections.clone());
        Self { connections: connections.clone(), gather, alone: Arc::default() }
    }

    /// A query begins after its loads are asked for, so it sees all that was acknowledged before.
    pub(super) async fn read(&self, stream: &StreamId, after: Version, limit: usize) -> Loaded {
        let under_way = self.alone.fetch_add(1, Ordering::Relaxed);
        let alone = Alone(&self.alone);
        if under_way < ALONE {
            return read_forward(&self.connections, stream, after, limit).await;
        }
        drop(alone);
        let (answer, loaded) = oneshot::channel();
        let first = limit.min(TOGETHER);
        self.gather.push([Load { stream: stream.clone(), after, limit: first, answer }]);
        let mut events = match loaded.await {
            Ok(loaded) => loaded?,
            // Whoever read it was shut down together with its runtime; this one is still here.
            Err(_) => return read_forward(&self.connections, stream, after, limit).await,
        };
        let last =
            events.last().filter(|_| events.len() == first && first < limit).map(|event| event.version);
        if let Some(last) = last {
            events.extend(read_forward(&self.connections, stream, last, limit - first).await?);
        }
        Ok(events)
    }
}

impl Job for Load {
    const FULL: Size = Size { calls: 64, rows: usize::MAX, bytes: usize::MAX };

    fn lines(&self) -> Vec<StreamId> {
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
        match read_together(connections, &loads).await {
            Ok(rows) => answer(loads, &rows),
            Err(error) => {
                let error = Arc::new(error);
                for load in loads {
                    let _ = load.answer.send(Err(alike(&error)));
                }
            }
        }
    }

    fn abandon(self) {
        drop(self.answer);
    }
}

async fn read_together(connections: &Connections, loads: &[Load]) -> Result<Vec<PgRow>, StoreError> {
    let categories: Vec<_> = loads.iter().map(|load| load.stream.category()).collect();
    let ids: Vec<_> = loads.iter().map(|load| load.stream.id()).collect();
    let after: Vec<_> = loads.iter().map(|load| row::signed(load.after.get())).collect();
    let limits: Vec<_> = loads.iter().map(|load| row::limit(load.limit)).collect();
    let read = connections.read(ACTION, |connection| {
        let query = connections
            .query(include_str!("../sql/read_streams_forward.sql"))
            .bind(&categories)
            .bind(&ids)
            .bind(&after)
            .bind(&limits);
        Box::pin(query.fetch_all(connection))
    });
    read.await
}

/// What cannot be read of one stream does not concern the others.
fn answer(loads: Vec<Load>, mut rows: &[PgRow]) {
    for (load, number) in loads.into_iter().zip(1_u64..) {
        let is_of_load = |found: &&PgRow| row::unsigned(found, 12).is_ok_and(|of| of == number);
        let (of_load, others) = rows.split_at(rows.iter().take_while(is_of_load).count());
        rows = others;
        let events = row::events(of_load);
        let _ = load.answer.send(events.map_err(|error| store_error(ACTION, error)));
    }
}

impl fmt::Debug for Loads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loads").field("alone", &self.alone).finish_non_exhaustive()
    }
}
