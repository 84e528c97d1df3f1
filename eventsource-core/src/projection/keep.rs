//! The projection of a read model: keeping its folded rows in a store.

use std::{borrow::Cow, num::NonZeroUsize, sync::Arc};

use async_trait::async_trait;

use super::{
    FailurePolicy, FoldMany, Folding, Projection, ProjectionError, ReadModel, ReadModelProjection, Session,
    fold::{Batch, Cache},
    key::Keys,
    sealed::Folded,
};
use crate::{
    EventSet, Recorded,
    store::{GenerationId, ReadModelStore, ReadModelTransaction},
};

/// How many rows are cached for each partition that is held.
const CACHED_ROWS: NonZeroUsize = NonZeroUsize::new(10_000).expect("is not 0");

#[async_trait]
impl<S, R, E> Projection<S> for ReadModelProjection<R, E>
where
    S: ReadModelStore,
    R: FoldMany<E>,
    E: EventSet,
{
    type Event = E;

    const NAME: &'static str = R::TABLE;
    const VERSION: u32 = R::VERSION;
    const PARTITIONS: u32 = R::PARTITIONS;

    fn key<'a>(&self, event: &'a Recorded<E>) -> Option<Cow<'a, str>> {
        R::keys(event).first().map(|key| Cow::Owned(self.key_text(key, &mut Vec::with_capacity(64))))
    }

    async fn setup(&self, transaction: &mut S::Transaction) -> Result<(), ProjectionError> {
        Ok(transaction.set_up_table(&self.keys.table).await?)
    }

    async fn check(&self, store: &S, generation: GenerationId) -> Result<(), ProjectionError> {
        Ok(store.check_table(generation, &self.keys.table).await?)
    }

    /// Called only for inline projections: no lease protects the keys, so other transactions that fold into the
    /// same rows, or insert the same row, are blocked.
    async fn apply(
        &self,
        events: &[Recorded<E>],
        transaction: &mut S::Transaction,
    ) -> Result<(), ProjectionError> {
        let mut batch = Batch::<R>::of(events, None, &self.keys)?;
        let keys = batch.unknown(&self.keys)?;
        if !keys.is_empty() {
            transaction.lock_keys(&self.keys.table, &keys).await?;
            batch.load(&transaction.load_rows(&self.keys.table, &keys).await?, &self.keys)?;
        }
        write::<S, R, E>(&mut batch, events, &self.keys, transaction).await
    }

    fn on_failure(&self) -> FailurePolicy {
        self.on_failure
    }

    fn folded(&self, _: Folded) -> Option<&dyn Folding<S, E>> {
        Some(self)
    }
}

impl<S, R, E> Folding<S, E> for ReadModelProjection<R, E>
where
    S: ReadModelStore,
    R: FoldMany<E>,
    E: EventSet,
{
    fn keys(&self, event: &Recorded<E>) -> Vec<String> {
        let mut buffer = Vec::with_capacity(64);
        R::keys(event).iter().map(|key| self.key_text(key, &mut buffer)).collect()
    }

    fn session(&self) -> Box<dyn Session<S, E>> {
        Box::new(RowCache::<R>::new(Arc::clone(&self.keys)))
    }
}

impl<R: ReadModel, E> ReadModelProjection<R, E> {
    /// The text of a key. One that cannot be written fails when its event is applied, so the event must not be dropped
    /// before.
    fn key_text(&self, key: &R::Key, buffer: &mut Vec<u8>) -> String {
        match self.keys.text(key, buffer) {
            Ok(text) => text.to_owned(),
            Err(_) => Keys::shown(key),
        }
    }
}

/// Folds a batch whose rows are all known, and writes the changes.
///
/// Rows are folded on as they are stored, see [`RowForm`](super::row_form::RowForm). In a table of the application, or
/// with columns of its own types, the store may return anything: each row is then written and read again before the
/// next event of that row is folded.
async fn write<S: ReadModelStore, R: FoldMany<E>, E>(
    batch: &mut Batch<R>,
    events: &[Recorded<E>],
    keys: &Keys,
    transaction: &mut S::Transaction,
) -> Result<(), ProjectionError> {
    for range in batch.ranges(keys) {
        batch.fold(events, range, keys)?;
        let changes = batch.changes(keys)?;
        if !changes.is_empty() {
            transaction.write_rows(&keys.table, &changes.puts, &changes.deletes).await?;
        }
        if !keys.form.is_known && !changes.puts.is_empty() {
            let put = batch.put_keys(keys)?;
            batch.reload(&transaction.load_rows(&keys.table, &put).await?, events, keys)?;
        }
        batch.written();
    }
    Ok(())
}

/// Caches rows while a partition is held: no other worker writes them.
///
/// A row is in the cache only while the table is known to hold the same row. It is taken out for a batch, and put
/// back when the batch has committed. After a batch that failed, was cancelled or rolled back, it is no longer
/// cached.
struct RowCache<R: ReadModel> {
    keys: Arc<Keys>,
    cache: Cache<R>,
    uncommitted: Option<Batch<R>>,
}

impl<R: ReadModel> RowCache<R> {
    fn new(keys: Arc<Keys>) -> Self {
        Self { keys, cache: Cache::new(CACHED_ROWS), uncommitted: None }
    }

    /// Starts a batch with all cached rows.
    fn begin<E>(
        &mut self,
        events: &[Recorded<E>],
        wanted: Option<&[Vec<String>]>,
    ) -> Result<Batch<R>, ProjectionError>
    where
        R: FoldMany<E>,
    {
        // The rows of an earlier batch in the same transaction are read from the table.
        self.uncommitted = None;
        let mut batch = Batch::of(events, wanted, &self.keys)?;
        batch.take_cached(&mut self.cache);
        Ok(batch)
    }

    fn end_batch(&mut self, committed: bool) {
        if let Some(batch) = self.uncommitted.take()
            && committed
        {
            batch.cache_rows(&mut self.cache);
        }
    }
}

#[async_trait]
impl<S, R, E> Session<S, E> for RowCache<R>
where
    S: ReadModelStore,
    R: FoldMany<E>,
    E: EventSet,
{
    async fn apply(
        &mut self,
        events: &[Recorded<E>],
        keys: &[Vec<String>],
        transaction: &mut S::Transaction,
    ) -> Result<(), ProjectionError> {
        let mut batch = self.begin(events, Some(keys))?;
        let unknown = batch.unknown(&self.keys)?;
        if !unknown.is_empty() {
            batch.load(&transaction.load_rows(&self.keys.table, &unknown).await?, &self.keys)?;
        }
        write::<S, R, E>(&mut batch, events, &self.keys, transaction).await?;
        self.uncommitted = Some(batch);
        Ok(())
    }

    fn transaction_ended(&mut self, committed: bool) {
        self.end_batch(committed);
    }
}

#[cfg(test)]
mod tests;
