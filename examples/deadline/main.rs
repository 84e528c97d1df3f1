//! Orders are cancelled unless they are paid in time (a process with a timer); a paid one is followed by the next (a policy).
//! `cargo run --example deadline` runs it in memory, and with `-- sqlite:orders.db` in a file.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::time::Duration;

use eventsource::{
    EventId,
    prelude::*,
    reacting::{Correlate, Due, Effects, Fx, Input, On, OnTimer, Policy, Process, Reactions, TestClock},
    store::StartAt,
};

#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, Event)]
#[event(category = "order")]
enum OrderEvent {
    Placed,
    Paid,
    #[default]
    Cancelled,
}

#[derive(Debug, Default, Aggregate)]
#[aggregate(event = OrderEvent, id = String)]
struct Order(OrderEvent);

impl Apply<OrderEvent> for Order {
    fn apply(&mut self, event: OrderEvent) {
        self.0 = event;
    }
}

#[derive(Debug, Command)]
#[command(aggregate = Order)]
struct Change(#[command(id)] String, OrderEvent);

#[derive(Debug, thiserror::Error)]
#[error("the order is {0:?}")]
struct Refused(OrderEvent);

impl Handle<Change> for Order {
    type Error = Refused;

    fn handle(&self, change: &Change) -> Result<Vec<OrderEvent>, Refused> {
        match (self.0, change.1) {
            (OrderEvent::Placed, OrderEvent::Paid | OrderEvent::Cancelled)
            | (OrderEvent::Cancelled, OrderEvent::Placed) => Ok(vec![change.1]),
            (now, _) => Err(Refused(now)),
        }
    }
}

#[derive(Debug, Serialize, Deserialize, Event)]
#[event(category = "deadline")]
enum DeadlineEvent {
    Began,
    Missed { order: String },
    Met,
}

#[derive(Debug, Default, Aggregate, Process)]
#[aggregate(event = DeadlineEvent, id = String)]
#[process(name = "deadline", on(OrderEvent))]
struct Deadline {
    is_over: bool,
}

impl Apply<DeadlineEvent> for Deadline {
    fn apply(&mut self, event: DeadlineEvent) {
        self.is_over = matches!(event, DeadlineEvent::Missed { .. } | DeadlineEvent::Met);
    }
}

impl On<OrderEvent> for Deadline {
    fn correlate(input: Input<'_, OrderEvent>) -> Correlate<String> {
        Correlate::StartOrContinue(input.aggregate_id().to_owned())
    }

    fn on(&self, input: Input<'_, OrderEvent>) -> Vec<DeadlineEvent> {
        let is_placed = *input.event == OrderEvent::Placed;
        vec![if is_placed { DeadlineEvent::Began } else { DeadlineEvent::Met }]
    }
}

impl OnTimer for Deadline {
    fn on_timer(&self, timer: Due<'_>) -> Vec<DeadlineEvent> {
        vec![DeadlineEvent::Missed { order: timer.instance.to_owned() }]
    }
}

impl Effects for Deadline {
    fn effects(event: &DeadlineEvent, fx: &mut Fx<'_, Self>) {
        match event {
            DeadlineEvent::Began => fx.timer("payment", Duration::from_secs(30 * 60)),
            DeadlineEvent::Missed { order } => fx.must_execute(Change(order.clone(), OrderEvent::Cancelled)),
            DeadlineEvent::Met => {}
        }
    }

    fn is_completed(&self) -> bool {
        self.is_over
    }
}

/// The policy: a paid order is followed by the next one.
struct Subscription;

impl Policy for Subscription {
    type Event = OrderEvent;
    const NAME: &'static str = "subscription";

    fn react(&self, event: &Recorded<OrderEvent>) -> Reactions {
        match (event.event, event.aggregate_id()) {
            (OrderEvent::Paid, id) => Reactions::execute(Change(format!("{id}+"), OrderEvent::Placed)),
            _ => Reactions::none(),
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    run(&std::env::args().nth(1).unwrap_or_else(|| "memory:".to_owned())).await
}

pub(crate) async fn run(url: &str) -> Result<(), Box<dyn std::error::Error>> {
    let clock = TestClock::new();
    let es = EventSource::builder(eventsource::open(url).await?)
        .process::<Deadline>(StartAt::Now)
        .policy(Subscription, StartAt::Now)
        .clock(&clock)
        .build();
    let workers = es.start().await?;
    let first = EventId::new().to_string();
    es.execute(Change(first.clone(), OrderEvent::Placed)).await?;
    let paid = es.execute(Change(first.clone(), OrderEvent::Paid)).await?;
    es.wait_for("subscription", paid.position).await?;
    let next = format!("{first}+");
    while es.timers_of("deadline", &next).await?.is_empty() {
        tokio::task::yield_now().await;
    }
    clock.advance(Duration::from_secs(30 * 60));
    while es.load::<Order>(&next).await?.state.0 != OrderEvent::Cancelled {
        tokio::task::yield_now().await;
    }
    let (first, next) = (es.load::<Order>(&first).await?.state.0, es.load::<Order>(&next).await?.state.0);
    println!("the first order: {first:?}; the next order: {next:?}");
    Ok(workers.shutdown().await?)
}
