//! The rules, each with allowed and refused commands.

mod lifecycle;
mod offers;
mod work;

use eventsource::testing::given;

use super::*;

const ID: ApplicationId = ApplicationId(1);

/// An act this many minutes after the submission.
fn act(minute: u32) -> Act {
    let at = format!("2024-03-04T{:02}:{:02}:00Z", 9 + minute / 60, minute % 60);
    Act { at: at.parse().expect("a time"), clerk: Some(Clerk(7)) }
}

fn offer(number: u32) -> OfferAct {
    act(0).on_offer(OfferNumber(number))
}

fn work(work: WorkItem) -> WorkAct {
    act(0).on_work(work)
}

/// A history extended by further events.
fn then<const N: usize>(
    mut history: Vec<ApplicationEvent>,
    events: [ApplicationEvent; N],
) -> Vec<ApplicationEvent> {
    history.extend(events);
    history
}

fn partly_submitted() -> Vec<ApplicationEvent> {
    vec![ApplicationEvent::Submitted(act(0).asking(Euros(5_000))), ApplicationEvent::PartlySubmitted(act(0))]
}

fn accepted() -> Vec<ApplicationEvent> {
    then(partly_submitted(), [ApplicationEvent::Preaccepted(act(0)), ApplicationEvent::Accepted(act(0))])
}

fn finalized() -> Vec<ApplicationEvent> {
    then(accepted(), [ApplicationEvent::Finalized(act(0))])
}

/// With the first offer selected.
fn selected() -> Vec<ApplicationEvent> {
    then(finalized(), [ApplicationEvent::OfferSelected(offer(1))])
}

/// With the first offer with the customer.
fn sent() -> Vec<ApplicationEvent> {
    then(selected(), [ApplicationEvent::OfferCreated(offer(1)), ApplicationEvent::OfferSent(offer(1))])
}

/// With the first offer back from the customer.
fn sent_back() -> Vec<ApplicationEvent> {
    then(sent(), [ApplicationEvent::OfferSentBack(offer(1))])
}

/// With the first offer back and the assessment begun: ready for a decision.
fn assessed() -> Vec<ApplicationEvent> {
    let assess = work(WorkItem::Assess);
    then(sent_back(), [ApplicationEvent::WorkScheduled(assess), ApplicationEvent::WorkStarted(assess)])
}

fn declined() -> Vec<ApplicationEvent> {
    then(sent_back(), [ApplicationEvent::Declined(act(0))])
}

fn cancelled() -> Vec<ApplicationEvent> {
    then(sent_back(), [ApplicationEvent::Cancelled(act(0))])
}

fn approved() -> Vec<ApplicationEvent> {
    then(assessed(), [ApplicationEvent::Approved(act(0))])
}
