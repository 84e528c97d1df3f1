//! Stores that keep outcomes of messages or idempotency keys wrongly.

use std::time::Duration;

use async_trait::async_trait;
use eventsource::{
    MemoryStore, RecordedEvent,
    memory::MemoryTransaction,
    store::{
        Append, AppendError, EventStore, GenerationId, MessageName, Outcome, ProjectionStore, Receipt,
        StoreTransaction,
    },
};

use super::{
    flaw::{Flaw, ReactionFlaw},
    flaws,
};
use crate::broken::{Asked, whole_log};

flaws! {
    a_store_that_compacts_outcomes: Keeps(|outcome| outcome.replace(' ', "")) => [
        the_outcome_of_a_message_is_kept_until_it_is_replaced,
    ],
    a_store_that_forgets_what_it_has_received: Forgets => [
        the_outcome_of_a_message_is_kept_until_it_is_replaced,
        one_of_the_receivers_of_a_message_handles_it,
        what_a_message_appends_and_its_outcome_commit_together,
    ],
    a_store_in_which_all_consumers_have_the_same_messages: OneConsumer => [
        the_outcome_of_a_message_is_kept_until_it_is_replaced,
    ],
    a_store_that_appends_before_the_message_commits: AppendsEarly => [
        what_a_message_appends_and_its_outcome_commit_together,
    ],
    a_store_that_purges_what_is_not_old: Purges(|_, limit| (Duration::ZERO, limit)) => [
        old_outcomes_are_purged_in_batches_and_positions_stay,
        an_append_under_a_purged_key_is_appended_again,
    ],
    a_store_that_purges_more_than_the_limit: Purges(|age, _| (age, usize::MAX)) => [
        old_outcomes_are_purged_in_batches_and_positions_stay,
        keys_are_purged_in_batches_beside_appends,
    ],
}

/// Keeps another outcome.
struct Keeps(fn(&str) -> String);

impl Flaw for Keeps {
    fn reactions(&self) -> &dyn ReactionFlaw {
        self
    }
}

#[async_trait]
impl ReactionFlaw for Keeps {
    async fn keep_outcome(
        &self,
        transaction: &mut MemoryTransaction,
        message: MessageName<'_>,
        outcome: &str,
    ) -> Asked<()> {
        transaction.keep_outcome(message, &(self.0)(outcome)).await
    }
}

struct Forgets;

impl Flaw for Forgets {
    fn reactions(&self) -> &dyn ReactionFlaw {
        self
    }
}

#[async_trait]
impl ReactionFlaw for Forgets {
    async fn begin_message(
        &self,
        store: &MemoryStore,
        message: MessageName<'_>,
    ) -> Asked<(MemoryTransaction, Option<Outcome>)> {
        let (transaction, _) = store.begin_message(message).await?;
        Ok((transaction, None))
    }
}

struct OneConsumer;

fn of_one_consumer<'a>(message: MessageName<'a>) -> MessageName<'a> {
    MessageName { consumer: "one", ..message }
}

impl Flaw for OneConsumer {
    fn reactions(&self) -> &dyn ReactionFlaw {
        self
    }
}

#[async_trait]
impl ReactionFlaw for OneConsumer {
    async fn begin_message(
        &self,
        store: &MemoryStore,
        message: MessageName<'_>,
    ) -> Asked<(MemoryTransaction, Option<Outcome>)> {
        store.begin_message(of_one_consumer(message)).await
    }

    async fn keep_outcome(
        &self,
        transaction: &mut MemoryTransaction,
        message: MessageName<'_>,
        outcome: &str,
    ) -> Asked<()> {
        transaction.keep_outcome(of_one_consumer(message), outcome).await
    }
}

struct AppendsEarly;

#[async_trait]
impl Flaw for AppendsEarly {
    async fn append_within(
        &self,
        store: &MemoryStore,
        _: &mut MemoryTransaction,
        append: &Append,
        _: &[GenerationId],
    ) -> Result<(Vec<Receipt>, Vec<RecordedEvent>), AppendError> {
        let before = whole_log(store).await.len();
        let receipts = store.append(append.clone()).await?;
        Ok((receipts, whole_log(store).await.split_off(before)))
    }
}

/// Purges what is this old, and so many.
struct Purges(fn(Duration, usize) -> (Duration, usize));

impl Flaw for Purges {
    fn reactions(&self) -> &dyn ReactionFlaw {
        self
    }
}

#[async_trait]
impl ReactionFlaw for Purges {
    async fn purge_outcomes(
        &self,
        store: &MemoryStore,
        consumer: &str,
        older_than: Duration,
        limit: usize,
    ) -> Asked<u64> {
        let (older_than, limit) = (self.0)(older_than, limit);
        store.purge_outcomes(consumer, older_than, limit).await
    }

    async fn purge_idempotency_keys(
        &self,
        store: &MemoryStore,
        older_than: Duration,
        limit: usize,
    ) -> Asked<u64> {
        let (older_than, limit) = (self.0)(older_than, limit);
        store.purge_idempotency_keys(older_than, limit).await
    }
}
