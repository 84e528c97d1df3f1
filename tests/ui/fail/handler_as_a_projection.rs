use eventsource::{Delivery, prelude::*};

#[derive(Serialize, Deserialize, Event)]
#[event(category = "account")]
enum AccountEvent {
    Opened,
}

struct Mails;

#[async_trait::async_trait]
impl EventHandler for Mails {
    type Event = AccountEvent;
    const NAME: &'static str = "mails";

    async fn handle(&self, _: Delivery<'_, AccountEvent>) -> Result<(), ProjectionError> {
        Ok(())
    }
}

fn follows() {
    let _ = EventSource::builder(MemoryStore::new()).projection(Mails);
}

fn is_made_inline() {
    let _ = EventSource::builder(MemoryStore::new()).inline(Mails);
}

fn is_rebuilt(es: &EventSource<MemoryStore>) {
    let _ = es.rebuild_of(&Mails);
}

fn main() {}
