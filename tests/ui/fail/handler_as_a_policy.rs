// An event handler is not a policy: it is registered with `handler`.
use eventsource::{Delivery, async_trait, prelude::*, store::StartAt};

#[derive(Debug, Serialize, Deserialize, Event)]
#[event(category = "account")]
enum AccountEvent {
    Opened,
}

struct Mails;

#[async_trait]
impl EventHandler for Mails {
    type Event = AccountEvent;
    const NAME: &'static str = "mails";

    async fn handle(&self, _: Delivery<'_, AccountEvent>) -> Result<(), ProjectionError> {
        Ok(())
    }
}

fn main() {
    let _ = EventSource::builder(MemoryStore::new()).policy(Mails, StartAt::Now);
}
