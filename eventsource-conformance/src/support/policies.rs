//! Policies with scripted reactions.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use eventsource::{
    FailurePolicy, OnFailure, Recorded,
    reacting::{OnRejection, Policy, Reactions, Rejection},
};

use super::{AlreadyClosed, TallyEvent, add};

type React = dyn Fn(&Recorded<TallyEvent>) -> Reactions + Send + Sync;

/// A policy with this number in its name, and this many partitions.
#[derive(Clone)]
pub(crate) struct Reacting<const N: usize, const PARTITIONS: u32 = 1> {
    react: Arc<React>,
    on_rejected: OnRejection,
    policy: FailurePolicy,
    rejected: Arc<AtomicUsize>,
}

impl<const N: usize, const PARTITIONS: u32> Reacting<N, PARTITIONS> {
    pub(crate) fn with(react: impl Fn(&Recorded<TallyEvent>) -> Reactions + Send + Sync + 'static) -> Self {
        let policy = FailurePolicy::default()
            .attempts(1)
            .min_delay(std::time::Duration::from_millis(1))
            .max_delay(std::time::Duration::from_millis(1));
        Self { react: Arc::new(react), on_rejected: OnRejection::Fail, policy, rejected: Arc::default() }
    }

    /// Adds what is added to a tally whose name begins with `from-` to the one with the rest of the name.
    pub(crate) fn copying() -> Self {
        Self::with(copied)
    }

    pub(crate) fn accepting_rejections(self) -> Self {
        Self { on_rejected: OnRejection::Accept, ..self }
    }

    pub(crate) fn parking(mut self) -> Self {
        self.policy.then = OnFailure::Park;
        self
    }

    /// The number of rejections that it was asked about.
    pub(crate) fn rejected(&self) -> usize {
        self.rejected.load(Ordering::SeqCst)
    }
}

pub(crate) fn copied(event: &Recorded<TallyEvent>) -> Reactions {
    match (&event.event, event.aggregate_id().strip_prefix("from-")) {
        (TallyEvent::Added { amount }, Some(to)) => Reactions::execute(add(to, *amount)),
        _ => Reactions::none(),
    }
}

impl<const N: usize, const PARTITIONS: u32> Policy for Reacting<N, PARTITIONS> {
    type Event = TallyEvent;
    const NAME: &'static str = ["reactions", "more_reactions"][N];
    const PARTITIONS: u32 = PARTITIONS;

    fn react(&self, event: &Recorded<TallyEvent>) -> Reactions {
        (self.react)(event)
    }

    fn on_rejected(&self, rejection: &Rejection<'_, TallyEvent>) -> OnRejection {
        assert_eq!(rejection.downcast_ref(), Some(&AlreadyClosed));
        self.rejected.fetch_add(1, Ordering::SeqCst);
        self.on_rejected
    }

    fn on_failure(&self) -> FailurePolicy {
        self.policy
    }
}
