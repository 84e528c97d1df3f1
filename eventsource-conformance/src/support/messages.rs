//! Inboxes, with the messages and the aggregates that they are for.

use std::{error::Error, fmt};

use eventsource::{
    Aggregate, Apply, Command, Event, Handle,
    reacting::{Inbox, MessageRejection, OnRejection, Reactions},
};
use serde::{Deserialize, Serialize};

use super::add;

/// A message: an amount for a tally, under a number.
#[derive(Debug, Clone)]
pub(crate) struct Payment {
    pub(crate) number: String,
    pub(crate) tally: String,
    pub(crate) amount: u64,
}

pub(crate) fn payment(number: impl ToString, tally: &str, amount: u64) -> Payment {
    Payment { number: number.to_string(), tally: tally.to_owned(), amount }
}

/// Adds the amount of a payment to its tally, and 1 to the tally `count`.
pub(crate) struct Payments;

impl Inbox for Payments {
    type Message = Payment;
    const NAME: &'static str = "payments";

    fn id(&self, payment: &Payment) -> String {
        payment.number.clone()
    }

    fn receive(&self, payment: &Payment) -> Reactions {
        match payment.amount {
            0 => Reactions::none(),
            amount => Reactions::execute(add(&payment.tally, amount)).and_execute(add("count", 1)),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
#[event(category = "lamp")]
pub(crate) enum LampEvent {
    SwitchedOn,
    SwitchedOff,
}

#[derive(Debug, Clone, Default, Aggregate)]
#[aggregate(event = LampEvent, id = String)]
pub(crate) struct Lamp {
    pub(crate) is_on: bool,
}

impl Apply<LampEvent> for Lamp {
    fn apply(&mut self, event: LampEvent) {
        self.is_on = event == LampEvent::SwitchedOn;
    }
}

#[derive(Debug, Command)]
#[command(aggregate = Lamp)]
pub(crate) struct Switch {
    #[command(id)]
    pub(crate) lamp: String,
    pub(crate) on: bool,
}

#[derive(Debug, PartialEq)]
pub(crate) struct SwitchedAlready;

impl fmt::Display for SwitchedAlready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the lamp is in that state")
    }
}

impl Error for SwitchedAlready {}

impl Handle<Switch> for Lamp {
    type Error = SwitchedAlready;

    fn handle(&self, switch: &Switch) -> Result<Vec<LampEvent>, SwitchedAlready> {
        match switch.on {
            on if on == self.is_on => Err(SwitchedAlready),
            true => Ok(vec![LampEvent::SwitchedOn]),
            false => Ok(vec![LampEvent::SwitchedOff]),
        }
    }
}

pub(crate) fn switch(lamp: &str, on: bool) -> Switch {
    Switch { lamp: lamp.to_owned(), on }
}

/// Switches lamps on.
pub(crate) struct Switches;

impl Inbox for Switches {
    type Message = String;
    const NAME: &'static str = "switches";

    fn id(&self, lamp: &String) -> String {
        lamp.clone()
    }

    fn receive(&self, lamp: &String) -> Reactions {
        Reactions::execute(switch(lamp, true)).and_execute(switch("every", true))
    }

    fn on_rejected(&self, rejection: &MessageRejection<'_, String>) -> OnRejection {
        assert_eq!(rejection.downcast_ref(), Some(&SwitchedAlready));
        OnRejection::Accept
    }
}
