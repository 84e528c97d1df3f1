//! The test kit for handlers (events are delivered): its behaviour and its failure messages.

#[path = "testkit/failure.rs"]
mod failure;

use std::{
    borrow::Cow,
    future::Future,
    sync::{Arc, Mutex},
};

use eventsource::{Delivery, EventHandler, Metadata, ProjectionError, prelude::*, testing::handler};
use failure::failure;
use uuid::Uuid;

#[derive(Debug, Serialize, Deserialize, Event)]
#[event(category = "order")]
enum OrderEvent {
    #[event(version = 2, from(ShippedV1), upcast(1 = twice))]
    Shipped {
        mail: String,
        #[serde(skip)]
        weight: u64,
    },
    Cancelled,
}

#[derive(Deserialize, Schema)]
struct ShippedV1 {
    mails: [String; 2],
}

fn twice(old: ShippedV1, _: &EventContext) -> [OrderEvent; 2] {
    old.mails.map(|mail| OrderEvent::Shipped { mail, weight: 0 })
}

/// As a program of the release before has stored it.
#[derive(Debug, Serialize, Deserialize, Event)]
#[event(category = "order", partial)]
enum OldOrderEvent {
    #[event(name = "order.shipped")]
    Shipped { mails: [String; 2] },
}

#[derive(Debug, Serialize, Deserialize, Event)]
#[event(category = "visit")]
enum VisitEvent {
    Came,
}

#[derive(Debug, PartialEq, thiserror::Error)]
#[error("there is no such address: {0}")]
struct NoAddress(String);

/// What was sent: the key of the delivery, the address, and the weight.
#[derive(Clone, Default)]
struct Post(Arc<Mutex<Vec<(Uuid, String, u64)>>>);

impl Post {
    fn sent(&self) -> Vec<(Uuid, String, u64)> {
        self.0.lock().expect("no panic").clone()
    }
}

struct Mails(Post);

#[async_trait::async_trait]
impl EventHandler for Mails {
    type Event = OrderEvent;
    const NAME: &'static str = "mails";

    fn key<'a>(&self, event: &'a Recorded<OrderEvent>) -> Option<Cow<'a, str>> {
        matches!(event.event, OrderEvent::Shipped { .. }).then(|| Cow::Borrowed(event.aggregate_id()))
    }

    async fn handle(&self, delivery: Delivery<'_, OrderEvent>) -> Result<(), ProjectionError> {
        let OrderEvent::Shipped { mail, weight } = delivery.event else {
            return Err(ProjectionError::new("an event without a key"));
        };
        let mail = delivery.context.metadata.value("mail").unwrap_or(mail).to_owned();
        if !mail.contains('@') {
            return Err(NoAddress(mail).into());
        }
        self.0.0.lock().expect("no panic").push((delivery.idempotency_key, mail, *weight));
        Ok(())
    }
}

fn shipped(mail: &str) -> OrderEvent {
    OrderEvent::Shipped { mail: mail.to_owned(), weight: 7 }
}

fn run(test: impl Future) {
    drop(tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(test));
}

fn fails(test: impl Future) -> String {
    failure(|| run(test)).0
}

#[tokio::test]
async fn a_handler_gets_what_is_stored_with_the_key_of_the_delivery() {
    let post = Post::default();
    let metadata = Metadata::new().with("mail", "c@d");
    handler(Mails(post.clone()))
        .on("a", shipped("a@b"))
        .await
        .delivered_again()
        .await
        .on("a", OldOrderEvent::Shipped { mails: ["e@f".to_owned(), "g@h".to_owned()] })
        .await
        .with_metadata(metadata)
        .on("a", shipped("a@b"))
        .await;
    let sent = post.sent();
    let mails: Vec<_> = sent.iter().map(|(_, mail, weight)| (mail.as_str(), *weight)).collect();
    assert_eq!(mails, [("a@b", 0), ("a@b", 0), ("e@f", 0), ("g@h", 0), ("c@d", 0)]);
    let keys: Vec<Uuid> = sent.iter().map(|(key, ..)| *key).collect();
    assert_eq!(keys[0], keys[1], "delivered again");
    let distinct: std::collections::BTreeSet<Uuid> = keys.iter().copied().collect();
    assert_eq!(distinct.len(), 4, "{keys:?}");
}

#[tokio::test]
async fn a_handler_is_not_called_for_other_events_nor_without_a_key() {
    let post = Post::default();
    handler(Mails(post.clone()))
        .on("v", VisitEvent::Came)
        .await
        .on("a", OrderEvent::Cancelled)
        .await
        .delivered_again()
        .await;
    assert!(post.sent().is_empty());
}

#[tokio::test]
async fn an_error_is_compared() {
    handler(Mails(Post::default()))
        .on("a", shipped("nowhere"))
        .await
        .fails_with(NoAddress("nowhere".to_owned()))
        .delivered_again()
        .await
        .fails_with(NoAddress("nowhere".to_owned()));
}

#[test]
fn what_differs_from_what_is_expected_is_shown() {
    let mails = || handler(Mails(Post::default()));
    let nowhere = || NoAddress("nowhere".to_owned());
    let text = fails(async { mails().on("a", shipped("elsewhere")).await.fails_with(nowhere()) });
    assert!(text.contains("another error than expected") && text.contains(r#"-     "nowhere","#), "{text}");
    let text = fails(async { mails().on("a", shipped("elsewhere")).await.fails_with(std::fmt::Error) });
    assert!(text.contains("of another type than Error: there is no such address: elsewhere"), "{text}");
    let text = fails(async { mails().on("a", shipped("a@b")).await.fails_with(nowhere()) });
    assert!(text.contains("was expected to fail, but it does not"), "{text}");
}

#[test]
fn a_failure_that_no_assertion_names_is_a_failure_of_the_test() {
    let mails = || handler(Mails(Post::default()));
    for text in [
        fails(async { mails().on("a", shipped("nowhere")).await }),
        fails(async { mails().on("a", shipped("nowhere")).await.on("v", VisitEvent::Came).await }),
        fails(async { mails().on("a", shipped("nowhere")).await.delivered_again().await }),
    ] {
        assert!(text.contains("which was not expected: there is no such address: nowhere"), "{text}");
    }
}
