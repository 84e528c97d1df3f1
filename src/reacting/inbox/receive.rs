//! Receiving a message: its commands are decided, and their events are appended in one transaction with the outcome.

use std::mem;

use uuid::Uuid;

use super::{
    Inbox, InboxHandle, MessageReceipt, MessageRejection, ReceiveError, RejectedReaction, receipt::Kept,
};
use crate::{
    Metadata,
    commands::decide_reactions::{DecidedReactions, ReactionCommand, ReactionError},
    projections::inline,
    reacting::OnRejection,
    store::{AppendError, MessageName, ProjectionStore, StoreError, StoreTransaction},
};

/// Where a message is from.
#[derive(Clone, Copy)]
pub(super) enum Place {
    Queue,
    Log { offset: u64 },
}

/// What became of a message.
pub(super) enum Taken {
    New(MessageReceipt),
    /// The receipt is empty for a message of a log.
    Again(MessageReceipt),
}

/// Why an attempt has failed.
enum Failed {
    Final(ReceiveError),
    /// Another append was faster.
    Conflict,
    /// The commit has an unknown outcome, or the store failed after that.
    Again(StoreError),
}

/// The decided commands of a message.
struct Decided {
    /// `None` if there is no command.
    reactions: Option<DecidedReactions>,
    rejected: Vec<RejectedReaction>,
}

/// One receive, which may take several attempts.
struct Receiving<'r, S, I: Inbox> {
    handle: &'r InboxHandle<S, I>,
    name: MessageName<'r>,
    place: Place,
    message: &'r I::Message,
    metadata: Metadata,
    /// The attempt whose commit has an unknown outcome, with its receipt.
    unknown: Option<(Uuid, MessageReceipt)>,
}

impl<S: ProjectionStore, I: Inbox> InboxHandle<S, I> {
    pub(super) async fn take(
        &self,
        id: &str,
        place: Place,
        message: &I::Message,
    ) -> Result<Taken, ReceiveError> {
        let name = MessageName { consumer: I::NAME, id };
        let mut metadata = self.metadata.clone();
        let execution = Uuid::now_v7();
        metadata.correlation_id.get_or_insert(execution);
        metadata.causation_id.get_or_insert(execution);
        let mut receiving = Receiving { handle: self, name, place, message, metadata, unknown: None };
        let mut delays = self.engine.commands.retry().delays();
        let mut attempts = 1;
        loop {
            let error = match receiving.attempt().await {
                Ok(taken) => {
                    if let Taken::New(_) = taken {
                        self.purge_sometimes();
                    }
                    return Ok(taken);
                }
                Err(Failed::Final(error)) => return Err(error),
                Err(Failed::Conflict) => ReceiveError::Conflict { attempts },
                Err(Failed::Again(error)) => ReceiveError::Store(error),
            };
            let Some(delay) = delays.next() else { return Err(error) };
            tracing::debug!(inbox = I::NAME, attempts, %error, "receiving the message again");
            tokio::time::sleep(delay).await;
            attempts += 1;
        }
    }
}

impl<S: ProjectionStore, I: Inbox> Receiving<'_, S, I> {
    /// Decides before the transaction begins, so that it is short. Whatever was decided, a rejection too, counts only if the
    /// message was not received before.
    async fn attempt(&mut self) -> Result<Taken, Failed> {
        let decided = self.decide().await;
        let engine = &self.handle.engine;
        inline::prepare(engine.inline.as_deref()).await.map_err(|error| self.store_failed(error))?;
        let begun = engine.store.begin_message(self.name).await;
        let (transaction, kept) = begun.map_err(|error| self.store_failed(error))?;
        let kept = kept.map(|kept| Kept::parse(&kept.content)).transpose().map_err(Failed::Final)?;
        if let Some(taken) = kept.and_then(|kept| self.taken_before(kept)) {
            transaction.roll_back().await.map_err(|error| self.store_failed(error))?;
            return taken.map_err(Failed::Final);
        }
        match decided {
            Ok(decided) => self.execute(decided, transaction).await,
            Err(failed) => {
                transaction.roll_back().await.map_err(|error| self.store_failed(error))?;
                Err(failed)
            }
        }
    }

    fn store_failed(&self, error: StoreError) -> Failed {
        match error {
            StoreError::Contended { .. } => Failed::Conflict,
            error if self.unknown.is_some() && error.is_retryable() => Failed::Again(error),
            error => Failed::Final(ReceiveError::Store(error)),
        }
    }

    /// What to return if the message was received before.
    fn taken_before(&mut self, kept: Kept) -> Option<Result<Taken, ReceiveError>> {
        // The answer to the commit of this receive was lost.
        if let Some((_, receipt)) = self.unknown.take_if(|(attempt, _)| *attempt == kept.attempt()) {
            self.wake(&receipt);
            return Some(Ok(Taken::New(receipt)));
        }
        match (kept, self.place) {
            (Kept::Shard { next, .. }, Place::Log { offset }) => {
                (offset < next).then(|| Ok(Taken::Again(MessageReceipt::default())))
            }
            (Kept::Message { streams, rejected, .. }, _) => {
                let receipts = streams.into_iter().map(TryInto::try_into).collect::<Result<_, _>>();
                Some(receipts.map(|receipts| Taken::Again(MessageReceipt { receipts, rejected })))
            }
            (Kept::Shard { .. }, Place::Queue) => None,
        }
    }

    async fn decide(&self) -> Result<Decided, Failed> {
        let inbox = &self.handle.inbox;
        let reactions = inbox.receive(self.message);
        if reactions.is_empty() {
            return Ok(Decided { reactions: None, rejected: Vec::new() });
        }
        let command = |metadata: &Metadata, command| ReactionCommand { command, metadata: metadata.clone() };
        let commands: Vec<_> =
            reactions.commands.iter().map(|it| command(&self.metadata, &*it.command)).collect();
        let mut decided =
            self.handle.engine.commands.decide_reactions(&commands).await.map_err(|error| match error {
                ReactionError::Conflict => Failed::Conflict,
                ReactionError::Store(error) => self.store_failed(error),
                ReactionError::Load(error) => Failed::Final(ReceiveError::Load(error)),
                error @ ReactionError::Impure => {
                    Failed::Final(ReceiveError::Command { command: I::NAME.to_owned(), source: error.into() })
                }
                ReactionError::Command { command, source } => {
                    Failed::Final(ReceiveError::Command { command: command.to_owned(), source })
                }
            })?;
        let mut rejected = Vec::new();
        for (index, rejection) in mem::take(&mut decided.rejected) {
            let command = commands[index].command.name();
            let about = MessageRejection { message: self.message, command, error: &*rejection };
            let command = command.to_owned();
            match inbox.on_rejected(&about) {
                OnRejection::Accept => {
                    rejected.push(RejectedReaction { command, reason: rejection.to_string() });
                }
                OnRejection::Fail => {
                    return Err(Failed::Final(ReceiveError::Rejected { command, rejection }));
                }
            }
        }
        Ok(Decided { reactions: Some(decided), rejected })
    }

    async fn execute(&mut self, decided: Decided, transaction: S::Transaction) -> Result<Taken, Failed> {
        let Decided { mut reactions, rejected } = decided;
        let outcome = self.commit(reactions.as_mut(), rejected, transaction).await;
        if let Some(reactions) = reactions {
            reactions.end(outcome.is_ok());
        }
        let receipt = outcome?;
        for RejectedReaction { command, reason } in &receipt.rejected {
            tracing::info!(inbox = I::NAME, command, reason, "a command was rejected");
        }
        self.wake(&receipt);
        Ok(Taken::New(receipt))
    }

    async fn commit(
        &mut self,
        reactions: Option<&mut DecidedReactions>,
        rejected: Vec<RejectedReaction>,
        mut transaction: S::Transaction,
    ) -> Result<MessageReceipt, Failed> {
        let engine = &self.handle.engine;
        let append = reactions.map(DecidedReactions::append).filter(|append| !append.streams.is_empty());
        let receipts = match append {
            None => Vec::new(),
            Some(append) => {
                let appended = inline::append_within(engine.inline.as_deref(), &append, &mut transaction);
                match appended.await {
                    Ok(receipts) => receipts,
                    Err(error) => {
                        let failed = self.append_failed(error);
                        // After a failure of application code it is dropped: its state is unknown.
                        if !matches!(failed, Failed::Final(ReceiveError::Inline(_))) {
                            transaction.roll_back().await.map_err(|error| self.store_failed(error))?;
                        }
                        return Err(failed);
                    }
                }
            }
        };
        let receipt = MessageReceipt { receipts, rejected };
        let attempt = Uuid::now_v7();
        let kept = match self.place {
            Place::Queue => Kept::message(attempt, &receipt),
            Place::Log { offset } => Kept::Shard { attempt, next: offset.saturating_add(1) },
        };
        let written = transaction.keep_outcome(self.name, &kept.text()).await;
        written.map_err(|error| self.store_failed(error))?;
        match transaction.commit().await {
            Ok(()) => Ok(receipt),
            // A deferred constraint.
            Err(error @ (StoreError::Contended { .. } | StoreError::Backend { .. })) => {
                Err(self.store_failed(error))
            }
            Err(error) => {
                self.unknown = Some((attempt, receipt));
                Err(Failed::Again(error))
            }
        }
    }

    fn append_failed(&self, error: AppendError) -> Failed {
        match error {
            AppendError::Conflict { .. } => Failed::Conflict,
            AppendError::Store(error) => self.store_failed(error),
            AppendError::Invalid(error) => Failed::Final(ReceiveError::Invalid(error)),
            error => Failed::Final(ReceiveError::Inline(error)),
        }
    }

    fn wake(&self, receipt: &MessageReceipt) {
        if !receipt.receipts.is_empty() {
            self.handle.engine.awake.wake(receipt.position());
        }
    }
}
