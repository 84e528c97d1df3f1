//! An inbox: messages of other systems are answered with commands, each once.

mod error;
mod receipt;
mod receive;

use std::{
    error::Error,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

pub use error::ReceiveError;
pub use receipt::{MessageReceipt, Received, RejectedReaction};

use self::receive::{Place, Taken};
use super::{OnRejection, Reactions};
use crate::{
    Metadata, ProjectionError,
    projections::ProjectionEngine,
    store::{MessageName, ProjectionStore, StoreError, StoreTransaction, rules::names},
};

/// How many messages are received between two removals of old outcomes.
const PURGE_EVERY: u64 = 100;

/// Answers messages of another system with commands, each message once.
///
/// What the commands append, and that the message was received, commit together. A second delivery of the message returns
/// the receipt of the first one, and executes nothing: it is remembered for the [`Retention`] that
/// [`EventSource::inbox`](crate::EventSource::inbox) is given.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/bank.rs"));
/// use eventsource::reacting::{Inbox, Reactions, Received, Retention};
///
/// struct Payment { number: String, account: &'static str, amount: u64 }
///
/// struct Payments;
///
/// impl Inbox for Payments {
///     type Message = Payment;
///     const NAME: &'static str = "payments";
///
///     fn id(&self, payment: &Payment) -> String {
///         payment.number.clone()
///     }
///
///     fn receive(&self, payment: &Payment) -> Reactions {
///         Reactions::execute(Deposit(payment.account, payment.amount))
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Tried {
/// let es = EventSource::new(MemoryStore::new());
/// let payments = es.inbox(Payments, Retention::FOREVER);
/// let payment = Payment { number: "4711".to_owned(), account: "acc-1", amount: 100 };
/// assert!(matches!(payments.receive(&payment).await?, Received::New(_)));
/// // The acknowledgement was lost, and the message is delivered again.
/// assert!(matches!(payments.receive(&payment).await?, Received::Again(_)));
/// assert_eq!(es.load::<Account>("acc-1").await?.state.balance, 100);
/// # Ok(())
/// # }
/// ```
pub trait Inbox: Send + Sync + 'static {
    /// A message.
    type Message: Send + Sync;

    /// Its name, under which received messages are remembered. Another name is another inbox, which has received nothing.
    const NAME: &'static str;

    /// The id of what the message says, such as the number of a payment, and not of its delivery: two messages with one id
    /// are the same. [`receive_from`](InboxHandle::receive_from) does not use it.
    fn id(&self, message: &Self::Message) -> String;

    /// The commands that follow from a message. It must be pure: it is called again after a conflict or a crash, and for a
    /// message that was received before, without effect.
    fn receive(&self, message: &Self::Message) -> Reactions;

    /// What happens when an aggregate rejects one of the commands. By default nothing is executed and nothing is
    /// remembered: [`receive`](InboxHandle::receive) fails with [`ReceiveError::Rejected`], and the message can be received
    /// later. With [`OnRejection::Accept`] the rejection is an answer, which the receipt keeps. So the command is not
    /// executed when the message is delivered again, even if the aggregate would accept it by then.
    fn on_rejected(&self, rejection: &MessageRejection<'_, Self::Message>) -> OnRejection {
        let _ = rejection;
        OnRejection::Fail
    }
}

/// A command that followed from a message and was rejected by an aggregate.
#[derive(Debug)]
#[non_exhaustive]
pub struct MessageRejection<'a, M> {
    /// The message.
    pub message: &'a M,
    /// The name of the command.
    pub command: &'a str,
    /// The domain's error; `downcast_ref` returns it.
    pub error: &'a (dyn Error + Send + Sync + 'static),
}

impl<M> MessageRejection<'_, M> {
    /// The domain's error, if it is of this type.
    #[must_use]
    pub fn downcast_ref<R: Error + 'static>(&self) -> Option<&R> {
        self.error.downcast_ref()
    }
}

/// How long an inbox remembers the messages that it has received. A message that is delivered again later is a new one, so
/// it has to be longer than the other system goes on delivering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention(Option<Duration>);

impl Retention {
    /// Messages are never forgotten.
    pub const FOREVER: Self = Self(None);

    /// Messages are forgotten after this time, or later: some are removed with every hundredth message.
    #[must_use]
    pub const fn of(time: Duration) -> Self {
        Self(Some(time))
    }
}

/// An inbox on a store, made by [`EventSource::inbox`](crate::EventSource::inbox). Cheap to clone.
pub struct InboxHandle<S, I> {
    engine: Arc<ProjectionEngine<S>>,
    inbox: Arc<I>,
    retention: Retention,
    metadata: Metadata,
    received: Arc<AtomicU64>,
}

impl<S: ProjectionStore, I: Inbox> InboxHandle<S, I> {
    pub(crate) fn new(engine: &Arc<ProjectionEngine<S>>, inbox: I, retention: Retention) -> Self {
        let (engine, inbox) = (Arc::clone(engine), Arc::new(inbox));
        Self { engine, inbox, retention, metadata: Metadata::new(), received: Arc::default() }
    }

    /// The same inbox, with this metadata for the events that it causes: the correlation id, the causation id and the trace
    /// context of the message, as far as it has them. Without a correlation or causation id, each message gets a new one.
    #[must_use]
    pub fn with_metadata(&self, metadata: Metadata) -> Self {
        Self { metadata, ..self.clone() }
    }

    /// Receives a message of a queue or a webhook: executes its commands, unless a message with this
    /// [id](Inbox::id) was received before. The events of all commands, and the receipt, are committed together. Acknowledge
    /// the message when this returns `Ok`.
    ///
    /// Two deliveries at the same time, also of two programs: one executes the commands, and the other waits and gets its
    /// receipt. After a conflict the commands are decided again, as [`execute`](crate::EventSource::execute) does.
    ///
    /// Dropping the future is safe: the message is then either received or not.
    ///
    /// # Errors
    ///
    /// [`ReceiveError`]. After each of them the message can be received again.
    pub async fn receive(&self, message: &I::Message) -> Result<Received, ReceiveError> {
        let id = self.inbox.id(message);
        let checked = names::check_message(MessageName { consumer: I::NAME, id: &id });
        checked.map_err(|fault| {
            let (action, source) = ("receiving a message", Box::new(fault));
            ReceiveError::Store(StoreError::Backend { action, source })
        })?;
        // Apart from the positions of logs, which are under `log/`.
        let id = format!("message/{id}");
        match self.take(&id, Place::Queue, message).await? {
            Taken::New(receipt) => Ok(Received::New(receipt)),
            Taken::Again(receipt) => Ok(Received::Again(receipt)),
        }
    }

    /// Receives a message of a log, such as Kafka: executes its commands, unless a message of this shard with this offset or
    /// a later one was received before; then it returns `None`. The events of all commands, and the offset, are committed
    /// together, in a row per shard instead of one per message.
    ///
    /// The messages of a shard have to be received in the order of their offsets, one after the other: those below the last
    /// one count as received. Gaps are allowed.
    ///
    /// # Errors
    ///
    /// As [`receive`](Self::receive). The offset stays as it was.
    pub async fn receive_from(
        &self,
        shard: &str,
        offset: u64,
        message: &I::Message,
    ) -> Result<Option<MessageReceipt>, ReceiveError> {
        match self.take(&log(shard), Place::Log { offset }, message).await? {
            Taken::New(receipt) => Ok(Some(receipt)),
            Taken::Again(_) => Ok(None),
        }
    }

    /// The offset in a shard with which to continue: the one after the last message that was received; `None` if there is
    /// none.
    ///
    /// # Errors
    ///
    /// [`ReceiveError::Store`] if the store cannot be read, and [`ReceiveError::Outcome`] if what it keeps cannot.
    pub async fn offset(&self, shard: &str) -> Result<Option<u64>, ReceiveError> {
        let id = log(shard);
        let message = MessageName { consumer: I::NAME, id: &id };
        let (transaction, kept) = self.engine.store.begin_message(message).await?;
        transaction.roll_back().await?;
        match kept {
            None => Ok(None),
            Some(kept) => receipt::next_offset(&kept.content),
        }
    }

    /// Removes old outcomes in the background, now and then.
    fn purge_sometimes(&self) {
        let Retention(Some(older_than)) = self.retention else { return };
        if !self.received.fetch_add(1, Ordering::Relaxed).is_multiple_of(PURGE_EVERY) {
            return;
        }
        let engine = Arc::clone(&self.engine);
        tokio::spawn(async move {
            // Not straight from the store: an event handler may have the same name.
            if let Err(error) = engine.purge_outcomes(I::NAME, older_than).await {
                let error = ProjectionError::from(error);
                tracing::warn!(inbox = I::NAME, %error, "could not remove old outcomes; it is tried again later");
            }
        });
    }
}

fn log(shard: &str) -> String {
    format!("log/{shard}")
}

impl<S, I> Clone for InboxHandle<S, I> {
    fn clone(&self) -> Self {
        Self {
            engine: Arc::clone(&self.engine),
            inbox: Arc::clone(&self.inbox),
            retention: self.retention,
            metadata: self.metadata.clone(),
            received: Arc::clone(&self.received),
        }
    }
}

impl<S, I: Inbox> fmt::Debug for InboxHandle<S, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InboxHandle")
            .field("name", &I::NAME)
            .field("retention", &self.retention)
            .finish_non_exhaustive()
    }
}

impl From<StoreError> for ReceiveError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
