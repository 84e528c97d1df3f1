//! Events that are delivered to a handler: tests of handlers.

use std::{
    collections::{HashMap, VecDeque},
    error::Error,
    fmt::{self, Debug},
    sync::{Mutex, PoisonError},
};

use async_trait::async_trait;
use eventsource_core::projection::EffectStore;
use uuid::Uuid;

use super::{
    given::{causes, diff},
    recorded::Recorder,
};
use crate::{
    Delivery, Event, EventHandler, Metadata, ProjectionError, Recorded, Timestamp,
    projections::consumer::handler::idempotency_key,
    store::{LogFilter, StoreError},
};

/// A handler, to be shown [events](Delivers::on). What it does outside is seen outside: hand it a service of the test.
///
/// ```
/// # use eventsource::{Delivery, EventHandler, ProjectionError, async_trait, prelude::*};
/// # use std::sync::{Arc, Mutex};
/// # #[derive(Debug, Serialize, Deserialize, Event)]
/// # #[event(category = "account")]
/// # enum AccountEvent { Opened { mail: String } }
/// # #[derive(Debug, PartialEq, thiserror::Error)]
/// # #[error("no such address")]
/// # struct NoAddress;
/// # #[derive(Clone, Default)]
/// # struct Post(Arc<Mutex<Vec<(uuid::Uuid, String)>>>);
/// # struct Greets(Post);
/// # #[async_trait]
/// # impl EventHandler for Greets {
/// #     type Event = AccountEvent;
/// #     const NAME: &'static str = "greets";
/// #     async fn handle(&self, opened: Delivery<'_, AccountEvent>) -> Result<(), ProjectionError> {
/// #         let AccountEvent::Opened { mail } = opened.event;
/// #         if mail.is_empty() { return Err(NoAddress.into()); }
/// #         let mut sent = self.0.0.lock().unwrap();
/// #         if sent.iter().all(|(key, _)| *key != opened.idempotency_key) {
/// #             sent.push((opened.idempotency_key, mail.clone()));
/// #         }
/// #         Ok(())
/// #     }
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// use eventsource::testing::handler;
///
/// let post = Post::default();
/// handler(Greets(post.clone()))
///     .on("acc-1", AccountEvent::Opened { mail: "ada@example.org".to_owned() })
///     .await
///     .delivered_again()
///     .await
///     .on("acc-2", AccountEvent::Opened { mail: String::new() })
///     .await
///     .fails_with(NoAddress);
/// assert_eq!(post.0.lock().unwrap().len(), 1);
/// # }
/// ```
#[must_use = "nothing is tested without `on`"]
pub fn handler<H: EventHandler>(handler: H) -> Delivers<H> {
    Delivers { handler, recorder: Recorder::default(), last: Vec::new(), failures: VecDeque::new() }
}

/// A handler, and its failures that no assertion has named yet. See [`handler`].
///
/// # Panics
///
/// If it is dropped, or shown another event, while such failures are left.
pub struct Delivers<H: EventHandler> {
    handler: H,
    recorder: Recorder,
    /// What was delivered last, with the idempotency keys.
    last: Vec<(Recorded<H::Event>, Uuid, KeptEffects)>,
    failures: VecDeque<ProjectionError>,
}

/// What is known of the effects of an event that must not be repeated.
#[derive(Default)]
struct KeptEffects(Mutex<HashMap<String, String>>);

#[async_trait]
impl EffectStore for KeptEffects {
    async fn change(
        &self,
        effect: &str,
        change: &mut (dyn FnMut(Option<String>) -> Option<String> + Send),
    ) -> Result<(), StoreError> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(content) = change(kept.get(effect).cloned()) {
            kept.insert(effect.to_owned(), content);
        }
        Ok(())
    }
}

impl<H: EventHandler> Delivers<H> {
    /// Sets the time at which the following events are recorded, instead of the beginning of 1970.
    pub fn at(mut self, recorded_at: Timestamp) -> Self {
        self.recorder.recorded_at = recorded_at;
        self
    }

    /// Sets the metadata of the following events.
    pub fn with_metadata(mut self, metadata: Metadata) -> Self {
        self.recorder.metadata = metadata;
        self
    }

    /// Records this event next, on the stream of its category with this id, and delivers it to the handler as it is read
    /// from a store. A handler that does not read its type, or has no key for it, is not called.
    ///
    /// # Panics
    ///
    /// If the event does not round-trip through its stored form.
    pub async fn on<E: Event>(mut self, stream_id: impl AsRef<str>, event: E) -> Self {
        self.check_nothing_is_left();
        self.last.clear();
        let stored = self.recorder.record(stream_id.as_ref(), &event);
        if !LogFilter::of::<H::Event>().admits(&stored.context) {
            return self;
        }
        let events = match stored.decode::<H::Event>() {
            Ok(events) => events,
            Err(error) => panic!("a stored event cannot be read: {}", causes(&error)),
        };
        for (nth, event) in events.enumerate() {
            if self.handler.key(&event).is_some() {
                let key = idempotency_key::<H>(&event.context, nth);
                self.last.push((event, key, KeptEffects::default()));
            }
        }
        self.deliver().await
    }

    /// Delivers the last event again, as after a crash.
    pub async fn delivered_again(mut self) -> Self {
        self.check_nothing_is_left();
        self.deliver().await
    }

    /// Asserts that the handler has failed with this error.
    ///
    /// # Panics
    ///
    /// If it has not, or with another error.
    #[track_caller]
    pub fn fails_with<E: Error + PartialEq + Send + Sync + 'static>(mut self, expected: E) -> Self {
        match self.failures.pop_front() {
            None => panic!("the handler was expected to fail, but it does not: {expected:?}"),
            Some(error) => match error.inner().downcast_ref::<E>() {
                Some(actual) if *actual == expected => self,
                Some(actual) => panic!(
                    "the handler fails with another error than expected\n\n{}",
                    diff(&format!("{expected:#?}"), &format!("{actual:#?}"))
                ),
                None => panic!("the handler fails with an error of another type than {expected:?}: {error}"),
            },
        }
    }

    async fn deliver(mut self) -> Self {
        for (event, key, effects) in &self.last {
            let delivery = Delivery::new(event, *key).keeping(effects);
            if let Err(error) = self.handler.handle(delivery).await {
                self.failures.push_back(error);
            }
        }
        self
    }

    #[track_caller]
    fn check_nothing_is_left(&mut self) {
        if let Some(error) = self.failures.pop_front() {
            panic!("the handler fails, which was not expected: {error}");
        }
    }
}

impl<H: EventHandler> Debug for Delivers<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivers").field("handler", &H::NAME).finish_non_exhaustive()
    }
}

impl<H: EventHandler> Drop for Delivers<H> {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.check_nothing_is_left();
        }
    }
}
