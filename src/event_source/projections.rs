//! Running, operating and querying projections.

use std::time::Duration;

use crate::{
    EventSource, Filter, OperateError, Parked, ParkedError, ParkedRetries, ParkedRetry, Position, Project,
    ReadModel, Rebuild, RebuildError, Rebuilt, RowsError, StartError, Status, WaitFor, Watch, WorkerOptions,
    Workers,
    reacting::{Inbox, InboxHandle, PurgeError, Retention},
    store::{Comparison, EventStore, ParkedRequest, ProjectionStore, ReadModelStore, StoreError},
    why::{AskWhy, Subject},
};

/// How long to wait until a worker has retried a parked key.
const PARKED_TIMEOUT: Duration = Duration::from_secs(30);

impl<S: EventStore> EventSource<S> {
    /// Folds a read model from the log or one stream without storing anything.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/bank.rs"));
    /// # #[derive(Clone, Serialize, Deserialize, ReadModel)]
    /// # #[read_model(table = "balances")]
    /// # struct Balance { #[read_model(key)] account: String, amount: u64 }
    /// # impl Fold<AccountEvent> for Balance {
    /// #     fn key(event: &Recorded<AccountEvent>) -> Option<String> { Some(event.aggregate_id().to_owned()) }
    /// #     fn fold(row: Option<Self>, event: &Recorded<AccountEvent>) -> Change<Self> {
    /// #         let AccountEvent::Deposited { amount } = event.event else { return Change::Keep };
    /// #         let before = row.map_or(0, |row| row.amount);
    /// #         Change::Put(Self { account: event.aggregate_id().to_owned(), amount: before + amount })
    /// #     }
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Tried {
    /// let es = EventSource::new(MemoryStore::new());
    /// es.execute(Deposit("acc-1", 100)).await?;
    /// es.execute(Deposit("acc-1", 20)).await?;
    /// let balances = es.project::<Balance>().of_log().await?;
    /// assert_eq!(balances.get(&"acc-1".to_owned()).map(|row| row.amount), Some(120));
    /// # Ok(())
    /// # }
    /// ```
    pub fn project<R: ReadModel>(&self) -> Project<'_, S, R> {
        Project::new(&self.store)
    }
}

impl<S: ProjectionStore> EventSource<S> {
    /// Runs every registered projection and event handler until the workers are shut down. Each resumes from its
    /// checkpoint and then processes events as they are appended. Several processes may do so concurrently; they
    /// share the partitions.
    ///
    /// A projection that is new, or has a new version, is set up first; a stopped projection is resumed. A projection
    /// of which a later version is live is not processed, and logged as a warning.
    ///
    /// Tables are checked before anything is changed: a start that is refused leaves the store as it was.
    ///
    /// # Errors
    ///
    /// - [`Store`](StartError::Store): the store cannot be reached.
    /// - [`SameName`](StartError::SameName): two projections or event handlers have the same name.
    /// - [`Setup`](StartError::Setup): the tables of a projection cannot be created.
    /// - [`Table`](StartError::Table): a table does not match its read model; the error names the table and the column.
    /// - [`Skipped`](StartError::Skipped): a projection reads further event types, and has passed events of them already.
    /// - [`InlineTypes`](StartError::InlineTypes): an inline projection reads further event types.
    pub async fn start(&self) -> Result<Workers, StartError> {
        self.start_with(WorkerOptions::default()).await
    }

    /// The same with options.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub async fn start_with(&self, options: WorkerOptions) -> Result<Workers, StartError> {
        Workers::start(&self.projections, options).await
    }

    /// What has happened because of a subject and why, and what has not happened yet and because of whom: the causal tree of
    /// the events that the subject belongs to, by their correlation and causation ids, and what the consumers of each event
    /// have made of it. The consumers are those that the store knows, whatever program runs them.
    ///
    /// At most 1,000 events are shown, or another [`limit`](AskWhy::limit); the answer says whether there are more. What an
    /// event has caused under another correlation id is not found.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/bank.rs"));
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Tried {
    /// use eventsource::why::Subject;
    ///
    /// let es = EventSource::new(MemoryStore::new());
    /// es.execute(Deposit("acc-1", 100)).await?;
    /// let why = es.why(Subject::stream("account", "acc-1")).expecting("account.fee_paid").await?;
    /// println!("{why}");
    /// assert_eq!(why.events.len(), 1);
    /// assert!(why.expected[0].recorded.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If the store cannot be read, or the category or id cannot be that of a stream. A subject without events is no error.
    pub fn why(&self, subject: impl Into<Subject>) -> AskWhy<'_, S> {
        AskWhy::new(&self.projections, subject.into())
    }

    /// Waits until the read model of a projection includes all events up to a position, such as that of a receipt.
    /// Parked events count as included.
    ///
    /// # Errors
    ///
    /// If there is no such projection, it has stopped, a later version than this program's is live and no running
    /// program has that, or the wait takes longer than [`WaitFor::timeout`].
    pub fn wait_for<'a>(&'a self, projection: &'a str, position: Position) -> WaitFor<'a, S> {
        WaitFor::new(&self.projections, projection, position)
    }

    /// Rebuilds the read model of a projection next to the live one, and swaps the two once the new one has caught
    /// up. Until then, and if the rebuild fails, queries read the old one. A rebuild that was interrupted resumes.
    /// The [started](Self::start) processes do the work.
    ///
    /// Only projections can be rebuilt, event handlers cannot.
    pub fn rebuild<'a>(&'a self, projection: &'a str) -> Rebuild<'a, S> {
        Rebuild::new(&self.projections, projection)
    }

    /// The same for a value of the projection's type. The compiler rejects an
    /// [`EventHandler`](crate::EventHandler).
    pub fn rebuild_of<'a, P: crate::Projection<S>>(&'a self, projection: &P) -> Rebuild<'a, S> {
        let _ = projection;
        self.rebuild(P::NAME)
    }

    /// Swaps a read model that was rebuilt [without a swap](Rebuild::without_swap) with the live one.
    ///
    /// # Errors
    ///
    /// If there is no such read model, or its projection stopped.
    pub async fn swap(&self, projection: &str) -> Result<Rebuilt, RebuildError> {
        self.projections.swap(projection).await
    }

    /// Compares the read model that is being rebuilt with the live one, at this moment.
    ///
    /// # Errors
    ///
    /// If no rebuild is running.
    pub async fn compare(&self, projection: &str) -> Result<Comparison, RebuildError> {
        self.projections.compare(projection).await
    }

    /// Abandons a rebuild and the generations [kept](Rebuild::keep_old) by earlier ones. The live generation
    /// stays. Returns the number of abandoned generations.
    ///
    /// # Errors
    ///
    /// If there is no such projection, or the store cannot be written.
    pub async fn abandon(&self, projection: &str) -> Result<usize, OperateError> {
        self.projections.abandon(projection).await
    }

    /// Undoes a swap: lets the read model that was live before, and was [kept](Rebuild::keep_old), catch up and
    /// become live again. A process with its version must be running.
    ///
    /// # Errors
    ///
    /// If no read model was kept, another one is building, or its projection stopped.
    pub async fn restore(&self, projection: &str) -> Result<Rebuilt, RebuildError> {
        self.projections.restore(projection).await
    }

    /// Resumes a stopped projection from its checkpoint. Returns how many of its partitions had stopped.
    ///
    /// # Errors
    ///
    /// If there is no such projection, or the store cannot be written.
    pub async fn resume(&self, projection: &str) -> Result<u64, OperateError> {
        self.projections.resume(projection).await
    }

    /// Demotes an inline projection: it follows the log again, so that programs without it can append. A started
    /// program that registers it inline promotes it again.
    ///
    /// # Errors
    ///
    /// If there is no such projection, or the store cannot be written.
    pub async fn demote(&self, projection: &str) -> Result<(), OperateError> {
        self.projections.demote(projection).await
    }

    /// The parked events of a projection, including discarded ones, in the order of the log, page by page. There are
    /// none if it was never started.
    ///
    /// # Errors
    ///
    /// If there is no such projection, or the store cannot be read.
    pub fn parked<'a>(&'a self, projection: &'a str) -> Parked<'a, S> {
        Parked::new(&self.projections, projection)
    }

    /// Retries the events that a projection has parked under a key, in order, up to the first that fails.
    ///
    /// # Errors
    ///
    /// If nothing is parked under the key, or no worker retries the key within 30 seconds.
    pub async fn retry_parked(&self, projection: &str, key: &str) -> Result<ParkedRetry, ParkedError> {
        self.projections.request_parked(projection, key, ParkedRequest::Retry, PARKED_TIMEOUT).await
    }

    /// Discards the first event that a projection has parked under a key, and retries the events behind it. The
    /// position is that of this event, as [`parked`](Self::parked) lists it. The event stays in the log, and the reason
    /// is stored. If the event is discarded already, nothing is discarded, and the outcome is that of its key.
    ///
    /// # Errors
    ///
    /// [`ParkedError::NotDiscarded`] if another event is the first by then: only the event that the caller has chosen is
    /// discarded. Otherwise as [`retry_parked`](Self::retry_parked).
    pub async fn discard_parked(
        &self,
        projection: &str,
        key: &str,
        position: Position,
        reason: impl Into<String>,
    ) -> Result<ParkedRetry, ParkedError> {
        let request = ParkedRequest::Discard { position: Some(position), reason: reason.into() };
        self.projections.request_parked(projection, key, request, PARKED_TIMEOUT).await
    }

    /// Retries all parked events of a projection: those of each key in order, up to the first that fails. The workers
    /// do so while they continue with the log. Returns when all were retried.
    ///
    /// To retry the events with a certain error or of a certain type, [list](Self::parked) them and retry their keys.
    ///
    /// # Errors
    ///
    /// If there is no such projection, or no worker retries a key for 30 seconds. The request stays stored.
    pub async fn retry_all_parked(&self, projection: &str) -> Result<ParkedRetries, ParkedError> {
        self.projections.request_all_parked(projection, ParkedRequest::Retry, PARKED_TIMEOUT).await
    }

    /// Discards the event that is now the first parked one of each key of a projection, and retries the events behind
    /// it, as [`discard_parked`](Self::discard_parked) does for one key. Where a later event of a key fails, it stays parked.
    ///
    /// # Errors
    ///
    /// As [`retry_all_parked`](Self::retry_all_parked).
    pub async fn discard_all_parked(
        &self,
        projection: &str,
        reason: impl Into<String>,
    ) -> Result<ParkedRetries, ParkedError> {
        let request = ParkedRequest::Discard { position: None, reason: reason.into() };
        self.projections.request_all_parked(projection, request, PARKED_TIMEOUT).await
    }

    /// An inbox for messages of another system, each of which is answered with commands once. It remembers the messages
    /// for the time of the retention. See [`Inbox`].
    pub fn inbox<I: Inbox>(&self, inbox: I, retention: Retention) -> InboxHandle<S, I> {
        InboxHandle::new(&self.projections, inbox, retention)
    }

    /// Removes outcomes of an event handler or an inbox that were kept longer ago than this, and returns their number:
    /// what is known of effects that must not be [repeated](crate::Delivery::once), and the receipts of messages. Call it in
    /// a program that has registered the handler. An inbox with a [`Retention`] other than forever does it by itself.
    ///
    /// # Errors
    ///
    /// If events of the handler that are as old may be delivered again, because they are parked or it has not passed them;
    /// or the store cannot be written.
    pub async fn purge_outcomes(&self, consumer: &str, older_than: Duration) -> Result<u64, PurgeError> {
        self.projections.purge_outcomes(consumer, older_than).await
    }

    /// The status of all projections and event handlers in the store, and the transactions that hold the horizon
    /// back.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    pub async fn status(&self) -> Result<Status, StoreError> {
        self.projections.status().await
    }
}

impl<S: ReadModelStore> EventSource<S> {
    /// The current row of a read model with this key.
    ///
    /// # Errors
    ///
    /// [`RowsError::OtherVersion`] if a later version of the read model is live than the one that this program has, or
    /// if an earlier one is live and its rows cannot be read. A program sees a swap with its next heartbeat, or, if
    /// it runs no workers, within ten seconds. Also if the store cannot be read, or the row cannot be deserialized as
    /// `R`.
    pub async fn find<R: ReadModel>(&self, key: &R::Key) -> Result<Option<R>, RowsError> {
        self.projections.find(key).await
    }

    /// Watches rows of a read model: a stream of the rows that the filter selects, then of each change to them, as
    /// [`Watched`](crate::projections::Watched). For a page that shows them live.
    ///
    /// A row is never reported in a state older than one that was reported before. [`Watched::CaughtUp`](crate::projections::Watched::CaughtUp) says that all
    /// reported rows are at least as new as a position: at or above that of a command's receipt, its effect is visible. A
    /// reader that is slower than the changes gets the latest state of each row; one that does not read for a minute begins
    /// again. After [`Watched::Reset`](crate::projections::Watched::Reset) forget all rows: the
    /// read model was rebuilt, for instance.
    ///
    /// In a process one task follows the log for all watches of a read model. The program must have registered the read model,
    /// and need not have started it: any started program keeps the rows current.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/bank.rs"));
    /// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ReadModel)]
    /// # #[read_model(table = "balances")]
    /// # struct Balance { #[read_model(key)] account: String, amount: u64 }
    /// # impl Fold<AccountEvent> for Balance {
    /// #     fn key(event: &Recorded<AccountEvent>) -> Option<String> { Some(event.context.aggregate_id().to_owned()) }
    /// #     fn fold(row: Option<Self>, event: &Recorded<AccountEvent>) -> Change<Self> {
    /// #         let AccountEvent::Deposited { amount } = event.event else { return Change::Keep };
    /// #         let before = row.map_or(0, |row| row.amount);
    /// #         Change::Put(Self { account: event.context.aggregate_id().to_owned(), amount: before + amount })
    /// #     }
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Tried {
    /// use eventsource::projections::{Filter, Watched};
    /// use futures_util::TryStreamExt;
    ///
    /// let es = EventSource::builder(MemoryStore::new()).projection(Balance::projection()).build();
    /// let workers = es.start().await?;
    /// let mut changes = es.watch::<Balance>(Filter::key("acc-1"));
    /// assert_eq!(changes.try_next().await?, Some(Watched::Reset));
    ///
    /// let receipt = es.execute(Deposit("acc-1", 100)).await?;
    /// let (mut shown, mut token) = (None, None);
    /// while token.is_none_or(|token: eventsource::projections::WatchToken| token.position() < receipt.position) {
    ///     match changes.try_next().await?.expect("a watch does not end") {
    ///         Watched::Row(row) => shown = Some(row.amount),
    ///         Watched::Gone(_) | Watched::Reset => shown = None,
    ///         Watched::CaughtUp(at) => token = Some(at),
    ///     }
    /// }
    /// assert_eq!(shown, Some(100));
    ///
    /// // Later, or in another process: only what has changed since.
    /// let changes = es.watch::<Balance>(Filter::key("acc-1")).after(token);
    /// # drop(changes);
    /// workers.shutdown().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn watch<R: ReadModel>(&self, filter: Filter<R>) -> Watch<R> {
        Watch::new(&self.projections, filter)
    }

    /// All rows of a read model, in the order of their keys.
    ///
    /// # Errors
    ///
    /// As [`find`](Self::find).
    pub async fn all<R: ReadModel>(&self) -> Result<Vec<R>, RowsError> {
        self.projections.all().await
    }
}
