//! The effect of single events on rows.

use eventsource::testing::project;

use super::{
    super::domain::{Act, ApplicationEvent, ApplicationId, Clerk, Euros, OfferNumber, WorkItem},
    *,
};

fn act(clerk: u32, minute: u32) -> Act {
    let at = format!("2024-03-04T09:{minute:02}:00Z").parse().expect("a time");
    Act { at, clerk: Some(Clerk(clerk)) }
}

fn submitted(minute: u32) -> ApplicationEvent {
    ApplicationEvent::Submitted(act(7, minute).asking(Euros(5_000)))
}

#[test]
fn an_application_keeps_its_state_and_the_time_of_its_decision() {
    project::<ApplicationRow>()
        .given("1", [submitted(0), ApplicationEvent::PartlySubmitted(act(7, 1))])
        .row(ApplicationId(1), |row| assert_eq!((row.state, row.decided_at), (State::PartlySubmitted, None)))
        .given("1", [ApplicationEvent::Approved(act(7, 2)), ApplicationEvent::Activated(act(7, 3))])
        .row(ApplicationId(1), |row| {
            assert_eq!((row.state, row.decided_at), (State::Approved, Some(act(7, 2).at)));
            assert_eq!((row.amount, row.submitted_at), (Euros(5_000), act(7, 0).at));
        });
}

#[test]
fn the_acts_of_a_clerk_are_counted_whatever_their_order() {
    let offer = act(7, 5).on_offer(OfferNumber(1));
    project::<ClerkWorkload>()
        .given("1", [submitted(9), ApplicationEvent::OfferSent(offer)])
        .given("2", [submitted(1), ApplicationEvent::Declined(act(8, 2))])
        .given("3", [ApplicationEvent::PartlySubmitted(Act { clerk: None, ..act(7, 59) })])
        .row(Clerk(7), |row| {
            assert_eq!((row.acts, row.offers_sent, row.decisions), (3, 1, 0));
            assert_eq!((row.first_act, row.last_act), (act(7, 1).at, act(7, 9).at));
        })
        .row(Clerk(8), |row| assert_eq!((row.acts, row.decisions), (1, 1)));
}

#[test]
fn work_is_open_until_it_is_completed_and_again_when_it_is_taken_up() {
    let work = |clerk, minute| act(clerk, minute).on_work(WorkItem::Assess);
    let key = (ApplicationId(1), WorkItem::Assess);
    project::<OpenWorkItem>()
        .given("1", [ApplicationEvent::WorkScheduled(work(7, 0))])
        .row(key, |row| assert_eq!((row.state, row.since), (WorkState::Waiting, act(7, 0).at)))
        .given("1", [ApplicationEvent::WorkStarted(work(8, 1)), ApplicationEvent::WorkScheduled(work(7, 2))])
        .row(key, |row| {
            assert!(row.is_in_hand(), "scheduled once more, it is still in hand");
            assert_eq!((row.clerk, row.since), (Some(Clerk(8)), act(8, 1).at));
        })
        .given("1", [ApplicationEvent::WorkCompleted(work(8, 3))])
        .no_row(key)
        .given("1", [ApplicationEvent::WorkStarted(work(9, 4))])
        .row(key, |row| assert_eq!(row.clerk, Some(Clerk(9))));
}
