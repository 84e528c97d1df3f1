//! Reading, importing and checking the history.

use std::sync::Arc;

use crate::{
    Aggregate, CheckSchemas, EventSet, EventSource, EventStream, Import, Position, StreamId,
    history::event_stream, store::EventStore,
};

impl<S: EventStore> EventSource<S> {
    /// The recorded events of one aggregate, oldest first.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/bank.rs"));
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Tried {
    /// use futures_util::TryStreamExt;
    ///
    /// let es = EventSource::new(MemoryStore::new());
    /// es.execute(Deposit("acc-1", 100)).metadata("channel", "web").await?;
    /// let history: Vec<Recorded<AccountEvent>> = es.history::<Account>("acc-1").try_collect().await?;
    /// assert_eq!(history[0].event, AccountEvent::Deposited { amount: 100 });
    /// assert_eq!(history[0].context.metadata.value("channel"), Some("web"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn history<A: Aggregate>(&self, id: &A::Id) -> EventStream<A::Event> {
        event_stream::history(Arc::clone(&self.store), StreamId::of::<A>(id))
    }

    /// The recorded events of an event set, from all streams, in the order of the log. They begin after a position
    /// and end at the horizon. To continue later, begin after the position of the last event.
    ///
    /// An event of a type that `E` does not have is an error, if `E` reads its category
    /// [completely](EventSet::CATEGORIES), and is skipped otherwise.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/bank.rs"));
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Tried {
    /// use futures_util::TryStreamExt;
    ///
    /// let es = EventSource::new(MemoryStore::new());
    /// es.execute(Deposit("acc-1", 100)).await?;
    /// es.execute(Deposit("acc-2", 50)).await?;
    ///
    /// let mut turnover = 0;
    /// let mut log = es.replay::<AccountEvent>(Position::START);
    /// while let Some(recorded) = log.try_next().await? {
    ///     if let AccountEvent::Deposited { amount } = recorded.event {
    ///         turnover += amount;
    ///     }
    /// }
    /// assert_eq!(turnover, 150);
    /// # Ok(())
    /// # }
    /// ```
    pub fn replay<E: EventSet>(&self, after: Position) -> EventStream<E> {
        event_stream::replay(Arc::clone(&self.store), after)
    }

    /// Imports the history of another system: many streams, in chunks, while the store is in use. To resume an
    /// import that was interrupted, repeat it unchanged.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/bank.rs"));
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Tried {
    /// use eventsource::store::ImportEvent;
    ///
    /// let es = EventSource::new(MemoryStore::new());
    /// let ledger = [("acc-1", 100), ("acc-2", 50), ("acc-1", 20)];
    /// let account = |id: &str| StreamId::of::<Account>(id).expect("a valid id");
    /// let events = || ledger.map(|(id, amount)| ImportEvent::new(account(id), &AccountEvent::Deposited { amount }));
    ///
    /// let imported = es
    ///     .import()
    ///     .from("the ledger of 2011")
    ///     .with_progress(|so_far| println!("{} events of {} accounts", so_far.events(), so_far.streams))
    ///     .events(events())
    ///     .await?;
    /// assert_eq!((imported.stored, imported.streams), (3, 2));
    /// assert_eq!(es.load::<Account>("acc-1").await?.state.balance, 120);
    ///
    /// let again = es.import().from("the ledger of 2011").events(events()).await?;
    /// assert_eq!((again.stored, again.skipped), (0, 3));
    /// # Ok(())
    /// # }
    /// ```
    pub fn import(&self) -> Import<'_, S> {
        Import::new(&self.store, self.commands.retry(), &self.awake)
    }

    /// Checks for every event type and version in the store whether `E` can decode it, by decoding stored payloads:
    /// by default 20 of each, chosen at random, other [`samples`](CheckSchemas::samples), or [`all`](CheckSchemas::all).
    /// Also finds a category of `E` that seems to be renamed.
    ///
    /// Only the events that `E` reads are decoded: those of its types, and those of its categories unless it is
    /// `partial`. Others are listed.
    ///
    /// It reads the whole log once: run it before a deploy, not on every start.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/bank.rs"));
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Tried {
    /// let es = EventSource::new(MemoryStore::new());
    /// es.execute(Deposit("acc-1", 100)).await?;
    /// let report = es.check_schemas::<AccountEvent>().await?;
    /// assert!(report.is_decodable(), "{report}");
    /// let report = es.check_schemas::<AccountEvent>().all().with_progress(|events| println!("{events} events")).await?;
    /// assert!(report.is_decodable(), "{report}");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    pub fn check_schemas<E: EventSet>(&self) -> CheckSchemas<'_, S, E> {
        CheckSchemas::new(&self.store)
    }
}
