//! An event handler that sends mail at least once, with an idempotency key. No network is needed.
//!
//! `cargo run --example mail` places two orders. The mail server accepts the first confirmation, but its answer is
//! lost. The handler cannot know that, and sends it again; the `Message-ID` lets the server drop the repetition.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "an example shows what it does")]

use std::{
    collections::BTreeMap,
    error::Error,
    io,
    process::ExitCode,
    sync::{Arc, Mutex, PoisonError},
};

use eventsource::{Delivery, FailurePolicy, OnFailure, async_trait, prelude::*, store::StartAt};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
#[event(category = "order")]
enum OrderEvent {
    Placed { email: String },
}

#[derive(Debug, Default, Aggregate)]
#[aggregate(event = OrderEvent, id = String)]
struct Order {
    placed: bool,
}

impl Apply<OrderEvent> for Order {
    fn apply(&mut self, OrderEvent::Placed { .. }: OrderEvent) {
        self.placed = true;
    }
}

#[derive(Debug, Command)]
#[command(aggregate = Order)]
struct Place {
    #[command(id)]
    order: String,
    email: String,
}

#[derive(Debug, thiserror::Error)]
#[error("the order is placed already")]
struct AlreadyPlaced;

impl Handle<Place> for Order {
    type Error = AlreadyPlaced;

    fn handle(&self, place: &Place) -> Result<Vec<OrderEvent>, AlreadyPlaced> {
        if self.placed {
            return Err(AlreadyPlaced);
        }
        Ok(vec![OrderEvent::Placed { email: place.email.clone() }])
    }
}

/// A mail server that keeps one mail per `Message-ID`, and whose first answer is lost.
#[derive(Debug, Clone, Default)]
pub(crate) struct MailServer {
    received: Arc<Mutex<Received>>,
}

/// What a [`MailServer`] has received.
#[derive(Debug, Clone, Default)]
pub(crate) struct Received {
    /// How often a mail was handed to the server.
    pub(crate) attempts: usize,
    /// The mail it kept, by `Message-ID`.
    pub(crate) mail: BTreeMap<String, String>,
}

impl MailServer {
    /// Accepts a mail, unless there is one with this id.
    ///
    /// A client of a real server would `.await` here, with a timeout.
    fn send(&self, message_id: String, text: String) -> io::Result<()> {
        let mut received = self.received.lock().unwrap_or_else(PoisonError::into_inner);
        received.attempts += 1;
        received.mail.entry(message_id).or_insert(text);
        match received.attempts {
            1 => Err(io::Error::new(io::ErrorKind::TimedOut, "the mail server did not answer")),
            _ => Ok(()),
        }
    }

    pub(crate) fn received(&self) -> Received {
        self.received.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Confirms orders by mail.
struct Confirmations {
    server: MailServer,
}

#[async_trait]
impl EventHandler for Confirmations {
    type Event = OrderEvent;
    const NAME: &'static str = "confirmations";

    async fn handle(&self, order: Delivery<'_, OrderEvent>) -> Result<(), ProjectionError> {
        let OrderEvent::Placed { email } = order.event;
        let text = format!("to {email}: we have received your order {}", order.aggregate_id());
        println!("send           {} ({})", text, order.idempotency_key);
        self.server.send(order.idempotency_key.to_string(), text)?;
        Ok(())
    }

    /// A customer whose mail always fails does not delay mail to others.
    fn on_failure(&self) -> FailurePolicy {
        FailurePolicy::default().then(OnFailure::Park)
    }
}

/// Places two orders, and waits until both are confirmed.
pub(crate) async fn run(server: MailServer) -> Result<(), Box<dyn Error>> {
    let es = EventSource::builder(MemoryStore::new())
        .handler(Confirmations { server }, StartAt::Beginning)
        .build();
    let workers = es.start().await?;
    for (order, email) in [("ord-1", "ada@example.org"), ("ord-2", "bob@example.org")] {
        let receipt = es.execute(Place { order: order.to_owned(), email: email.to_owned() }).await?;
        es.wait_for("confirmations", receipt.position).await?;
    }
    workers.shutdown().await?;
    Ok(())
}

#[tokio::main]
async fn main() -> ExitCode {
    let server = MailServer::default();
    if let Err(error) = run(server.clone()).await {
        return report(&*error);
    }
    let Received { attempts, mail } = server.received();
    println!("received       {attempts} times, kept {}", mail.len());
    for text in mail.values() {
        println!("  {text}");
    }
    ExitCode::SUCCESS
}

/// Prints the error with its causes. Returned from `main`, it would be printed as `Debug`, without what to do.
fn report(error: &dyn Error) -> ExitCode {
    eprintln!("error: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        eprintln!("  caused by: {error}");
        cause = error.source();
    }
    ExitCode::FAILURE
}
