use eventsource::{Delivery, prelude::*};

#[derive(Serialize, Deserialize, Event)]
#[event(category = "account")]
enum AccountEvent {
    Opened,
}

struct Mails;

impl EventHandler for Mails {
    type Event = AccountEvent;
    const NAME: &'static str = "mails";

    async fn handle(&self, _: Delivery<'_, AccountEvent>) -> Result<(), ProjectionError> {
        Ok(())
    }
}

fn main() {}
