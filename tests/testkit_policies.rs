//! The test kit for policies (given an event, then commands): its behaviour and its failure messages.

#[path = "testkit/failure.rs"]
mod failure;

use std::convert::Infallible;

use eventsource::{
    Metadata,
    prelude::*,
    reacting::{Policy, Reactions},
    testing::policy,
};
use failure::failure;

#[derive(Debug, Clone, Serialize, Deserialize, Event)]
#[event(category = "order")]
enum OrderEvent {
    Shipped {
        total: u64,
        #[serde(skip)]
        weight: u64,
    },
    Cancelled,
}

#[derive(Debug, Clone, Serialize, Deserialize, Event)]
#[event(category = "visit")]
enum VisitEvent {
    Came,
}

#[derive(Debug, Default, Aggregate)]
#[aggregate(event = OrderEvent, id = String)]
struct Order;

impl Apply<OrderEvent> for Order {
    fn apply(&mut self, _: OrderEvent) {}
}

#[derive(Debug, PartialEq, Command)]
#[command(aggregate = Order)]
struct Award(#[command(id)] String, u64);

impl Handle<Award> for Order {
    type Error = Infallible;

    fn handle(&self, _: &Award) -> Result<Vec<OrderEvent>, Infallible> {
        Ok(Vec::new())
    }
}

#[derive(Debug, PartialEq, Command)]
#[command(aggregate = Order)]
struct Thank(#[command(id)] String);

impl Handle<Thank> for Order {
    type Error = Infallible;

    fn handle(&self, _: &Thank) -> Result<Vec<OrderEvent>, Infallible> {
        Ok(Vec::new())
    }
}

struct Awards;

impl Policy for Awards {
    type Event = OrderEvent;
    const NAME: &'static str = "awards";

    fn react(&self, event: &Recorded<OrderEvent>) -> Reactions {
        let id = || event.context.metadata.value("customer").unwrap_or(event.aggregate_id()).to_owned();
        match event.event {
            OrderEvent::Shipped { total, weight } => {
                Reactions::execute(Award(id(), total + weight)).and_execute(Thank(id()))
            }
            OrderEvent::Cancelled => Reactions::none(),
        }
    }
}

fn shipped(total: u64) -> OrderEvent {
    OrderEvent::Shipped { total, weight: 0 }
}

#[test]
fn commands_of_several_types_are_compared_in_order() {
    policy(Awards)
        .on("a", shipped(5))
        .executes([Award("a".to_owned(), 5)])
        .executes([Thank("a".to_owned())])
        .on("b", OrderEvent::Cancelled)
        .executes_nothing();
}

#[test]
fn a_policy_sees_what_is_stored() {
    let weighed = OrderEvent::Shipped { total: 5, weight: 7 };
    policy(Awards)
        .with_metadata(Metadata::new().with("customer", "ann"))
        .on("a", weighed)
        .executes([Award("ann".to_owned(), 5)])
        .executes([Thank("ann".to_owned())]);
}

#[test]
fn an_event_that_the_policy_does_not_read_has_no_reaction() {
    policy(Awards).on("v", VisitEvent::Came).executes_nothing();
}

#[test]
fn another_command_than_expected_is_shown_with_a_diff() {
    let (text, ..) =
        failure(|| drop(policy(Awards).on("a", shipped(5)).executes([Award("a".to_owned(), 6)])));
    assert!(text.contains("another command than expected"), "{text}");
    assert!(text.contains("-     6,") && text.contains("+     5,"), "{text}");
    let (text, ..) = failure(|| drop(policy(Awards).on("a", shipped(5)).executes([Thank("a".to_owned())])));
    assert!(text.contains("executes `Award`, where this command was expected"), "{text}");
}

#[test]
fn commands_that_no_assertion_names_are_a_failure() {
    let award = || Award("a".to_owned(), 5);
    let (text, ..) = failure(|| drop(policy(Awards).on("a", shipped(5)).executes([award()])));
    assert!(text.contains("commands that were not expected: Thank"), "{text}");
    let (text, ..) = failure(|| drop(policy(Awards).on("a", shipped(5)).on("b", OrderEvent::Cancelled)));
    assert!(text.contains("commands that were not expected: Award, Thank"), "{text}");
    let (text, ..) = failure(|| drop(policy(Awards).on("a", shipped(5)).executes_nothing()));
    assert!(text.contains("commands that were not expected: Award, Thank"), "{text}");
}

#[test]
fn a_command_that_is_missing_is_a_failure() {
    let (text, ..) = failure(|| {
        drop(policy(Awards).on("b", OrderEvent::Cancelled).executes([Award("b".to_owned(), 1)]));
    });
    assert!(text.contains("executes no further command"), "{text}");
}
