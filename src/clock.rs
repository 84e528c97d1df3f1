//! The clock of timers: that of the store, which a test can move forward.

use std::{sync::Arc, time::Duration};

use tokio::{sync::watch, time::Instant};

/// A clock that a test moves, so that it does not have to wait for timers, scheduled commands, and what is tried
/// [again](crate::FailurePolicy::again) after a time.
///
/// It runs with the clock of the store, and [`advance`](Self::advance) moves it forward. Events keep the times of the store:
/// a timer that is set after the clock was moved is due that much later than the time of its event says.
///
/// ```
/// use std::time::Duration;
/// use eventsource::{EventSource, MemoryStore, reacting::TestClock};
///
/// let clock = TestClock::new();
/// let es = EventSource::builder(MemoryStore::new()).clock(&clock).build();
/// // What is due within the next half hour is due now.
/// clock.advance(Duration::from_secs(1_800));
/// # drop(es);
/// ```
#[derive(Debug, Clone)]
pub struct TestClock {
    ahead: Arc<watch::Sender<Duration>>,
}

impl TestClock {
    /// A clock that was not moved.
    #[must_use]
    pub fn new() -> Self {
        Self { ahead: Arc::new(watch::Sender::new(Duration::ZERO)) }
    }

    /// Moves it forward.
    pub fn advance(&self, duration: Duration) {
        self.ahead.send_modify(|ahead| *ahead = ahead.saturating_add(duration));
    }
}

impl Default for TestClock {
    fn default() -> Self {
        Self::new()
    }
}

/// The clock as the runners use it. They also learn by it that a timer was set outside of them.
#[derive(Debug, Clone)]
pub(crate) struct TimerClock {
    ahead: Arc<watch::Sender<Duration>>,
}

impl TimerClock {
    pub(crate) fn new(clock: Option<&TestClock>) -> Self {
        Self { ahead: clock.map_or_else(|| TestClock::new().ahead, |clock| Arc::clone(&clock.ahead)) }
    }

    /// Its lead over the clock of the store.
    pub(crate) fn ahead(&self) -> Duration {
        *self.ahead.borrow()
    }

    /// The present time on it, as an instant to compare with others of this clock.
    pub(crate) fn now(&self) -> Instant {
        let now = Instant::now();
        now.checked_add(self.ahead()).unwrap_or(now)
    }

    /// When an instant of this clock comes, unless it is moved before.
    pub(crate) fn comes_at(&self, at: Instant) -> Instant {
        at.checked_sub(self.ahead()).unwrap_or_else(Instant::now)
    }

    /// Tells the runners to look for timers that are due.
    pub(crate) fn changed(&self) {
        self.ahead.send_modify(|_| {});
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<Duration> {
        self.ahead.subscribe()
    }
}
