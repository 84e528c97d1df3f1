//! Executing commands, and the state that they are decided on.

use std::time::Duration;

use crate::{
    Aggregate, AsOf, Atomically, Command, EventSource, Execute, Handle, Loaded, ReadError, StreamId,
    commands::load,
    store::{EventStore, Receipt, StoreError},
};

impl<S: EventStore> EventSource<S> {
    /// Executes a command: takes the aggregate from the cache or loads it, lets it handle the command, and appends
    /// its events. Options come before the `.await`.
    ///
    /// Commands on one aggregate are queued and handled in the order of their arrival; pending appends are
    /// group-committed. After a conflict with another process, the new events are loaded and the command is
    /// handled again, as often as [`Retry`](crate::Retry) allows.
    pub fn execute<C: Command>(&self, command: C) -> Execute<'_, S, C>
    where
        C::Aggregate: Handle<C>,
    {
        Execute::new(&self.commands, command)
    }

    /// Executes several commands on several aggregates as one: all are handled, then either all their events are
    /// appended, as one unit, or none.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/bank.rs"));
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Tried {
    /// let es = EventSource::new(MemoryStore::new());
    /// es.execute(Deposit("acc-1", 100)).await?;
    ///
    /// let transfer = es.atomically().execute(Withdraw("acc-1", 30)).execute(Deposit("acc-2", 30));
    /// let receipts = transfer.await?;
    /// assert_eq!(receipts.len(), 2);
    ///
    /// let too_much = es.atomically().execute(Deposit("acc-2", 900)).execute(Withdraw("acc-1", 900)).await;
    /// let rejected = too_much.unwrap_err().rejection().expect("an overdraft");
    /// assert_eq!(rejected.downcast_ref(), Some(&Overdrawn(70)));
    /// assert_eq!(es.load::<Account>("acc-2").await?.state.balance, 30);
    /// # Ok(())
    /// # }
    /// ```
    pub fn atomically(&self) -> Atomically<'_, S> {
        Atomically::new(&self.commands)
    }

    /// The current state of an aggregate. An aggregate without events is its `Default` at version 0.
    ///
    /// # Errors
    ///
    /// If the id cannot name a stream, an event cannot be decoded, or the store cannot be read.
    pub async fn load<A: Aggregate>(&self, id: &A::Id) -> Result<Loaded<A>, ReadError> {
        load::current(&self.store, StreamId::of::<A>(id)?).await
    }

    /// The state of an aggregate as it was after a version, at a position of the log, or at a time.
    ///
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/bank.rs"));
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Tried {
    /// let es = EventSource::new(MemoryStore::new());
    /// es.execute(Deposit("acc-1", 100)).await?;
    /// es.execute(Withdraw("acc-1", 30)).await?;
    /// assert_eq!(es.load_as_of::<Account>("acc-1", Version::new(1)).await?.state.balance, 100);
    /// assert_eq!(es.load_as_of::<Account>("acc-1", Timestamp::now()).await?.state.balance, 70);
    /// # Ok(())
    /// # }
    /// ```
    /// # Errors
    ///
    /// As [`load`](Self::load).
    pub async fn load_as_of<A: Aggregate>(
        &self,
        id: &A::Id,
        as_of: impl Into<AsOf>,
    ) -> Result<Loaded<A>, ReadError> {
        load::as_of(&self.store, StreamId::of::<A>(id)?, as_of.into()).await
    }

    /// The receipt of the command that was executed on an aggregate under an idempotency key, with the name of the
    /// command; `None` if no command was executed under it. Use it to answer a client that asks for the outcome of an
    /// earlier request.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/bank.rs"));
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Tried {
    /// let es = EventSource::new(MemoryStore::new());
    /// es.execute(Deposit("acc-1", 100)).idempotency_key("request-4711").await?;
    /// let receipt = es.receipt::<Account>("acc-1", "request-4711").await?.expect("it was executed");
    /// assert_eq!(receipt.version, Version::new(1));
    /// assert_eq!(receipt.request.expect("commands have a name").command, "Deposit");
    /// assert_eq!(es.receipt::<Account>("acc-1", "request-4712").await?, None);
    /// # Ok(())
    /// # }
    /// ```
    /// # Errors
    ///
    /// If the id cannot name a stream, or the store cannot be read.
    pub async fn receipt<A: Aggregate>(
        &self,
        id: &A::Id,
        idempotency_key: &str,
    ) -> Result<Option<Receipt>, ReadError> {
        let stream = StreamId::of::<A>(id)?;
        Ok(self.store.find_receipt(&stream, idempotency_key).await?)
    }

    /// Forgets the idempotency keys that were used longer ago than this, and returns their number. Commands are executed
    /// meanwhile. A command that is repeated under a forgotten key is executed again, and [`receipt`](Self::receipt) no
    /// longer finds it: so keep them for longer than any client repeats a request. Nothing else forgets them; call this
    /// from time to time if their number matters.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/bank.rs"));
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Tried {
    /// use std::time::Duration;
    ///
    /// let es = EventSource::new(MemoryStore::new());
    /// es.execute(Deposit("acc-1", 100)).idempotency_key("request-4711").await?;
    /// let month = Duration::from_secs(30 * 24 * 3_600);
    /// assert_eq!(es.purge_idempotency_keys(month).await?, 0);
    /// # Ok(())
    /// # }
    /// ```
    /// # Errors
    ///
    /// If the store cannot be written; some keys may be forgotten by then. [`StoreError::Unsupported`] if it does not have
    /// the capability [`Reactions`](crate::store::Capability::Reactions).
    pub async fn purge_idempotency_keys(&self, older_than: Duration) -> Result<u64, StoreError> {
        const BATCH: usize = 1_000;
        let mut purged = 0;
        loop {
            let batch = self.store.purge_idempotency_keys(older_than, BATCH).await?;
            purged += batch;
            if batch < BATCH as u64 {
                return Ok(purged);
            }
        }
    }

    /// Waits until the snapshots that are being written in the background are written. Call it at the end of a
    /// program or of a test.
    pub async fn flush(&self) {
        self.commands.flush().await;
    }
}
