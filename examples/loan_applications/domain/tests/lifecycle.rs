//! The rules of the application's life.

use eventsource::prelude::*;

use super::super::application::Progress;
use super::*;

#[test]
fn an_application_is_submitted_first_and_once() {
    let submit = Submit { application: ID, amount: Euros(5_000), act: act(0) };
    given::<Application>([])
        .when(submit.clone())
        .then([ApplicationEvent::Submitted(act(0).asking(Euros(5_000)))]);
    given::<Application>(partly_submitted()).when(submit).then_rejected(Refusal::AlreadySubmitted);
    given::<Application>([])
        .when(MarkPartlySubmitted { application: ID, act: act(0) })
        .then_rejected(Refusal::WrongStage { required: Progress::Submitted, actual: Progress::New });
}

#[test]
fn the_stages_are_gone_through_one_by_one() {
    let accept = Accept { application: ID, act: act(1) };
    given::<Application>(partly_submitted()).when(accept.clone()).then_rejected(Refusal::WrongStage {
        required: Progress::Preaccepted,
        actual: Progress::PartlySubmitted,
    });
    given::<Application>(accepted())
        .when(accept)
        .then_rejected(Refusal::WrongStage { required: Progress::Preaccepted, actual: Progress::Accepted });
    given::<Application>(partly_submitted())
        .when(Preaccept { application: ID, act: act(1) })
        .then([ApplicationEvent::Preaccepted(act(1))]);
    given::<Application>(accepted())
        .when(Finalize { application: ID, act: act(1) })
        .then([ApplicationEvent::Finalized(act(1))]);
}

#[test]
fn an_act_is_not_recorded_after_one_that_came_later() {
    let history = then(partly_submitted(), [ApplicationEvent::Preaccepted(act(5))]);
    given::<Application>(history.clone())
        .when(Accept { application: ID, act: act(4) })
        .then_rejected(Refusal::OutOfOrder { at: act(4).at, last: act(5).at });
    given::<Application>(history)
        .when(Accept { application: ID, act: act(5) })
        .then([ApplicationEvent::Accepted(act(5))]);
}

#[test]
fn an_approval_needs_an_assessment_and_an_offer_that_came_back() {
    let approve = Approve { application: ID, act: act(1) };
    given::<Application>(accepted())
        .when(approve.clone())
        .then_rejected(Refusal::WrongStage { required: Progress::Finalized, actual: Progress::Accepted });
    given::<Application>(sent_back()).when(approve.clone()).then_rejected(Refusal::NotAssessed);
    // The assessment can only be begun with an offer that came back; one that was begun otherwise is no help.
    let unseen = then(sent(), [ApplicationEvent::WorkStarted(work(WorkItem::Assess))]);
    given::<Application>(unseen).when(approve.clone()).then_rejected(Refusal::NothingSentBack);
    let withdrawn = then(assessed(), [ApplicationEvent::OfferCancelled(offer(1))]);
    given::<Application>(withdrawn).when(approve.clone()).then_rejected(Refusal::NoOfferWithCustomer);
    let replacing = then(assessed(), [ApplicationEvent::OfferSelected(offer(2))]);
    given::<Application>(replacing)
        .when(approve.clone())
        .then_rejected(Refusal::OfferInPreparation(OfferNumber(2)));
    given::<Application>(assessed()).when(approve).then([ApplicationEvent::Approved(act(1))]);
}

#[test]
fn the_steps_of_an_approval_are_done_once_in_any_order() {
    let register = Register { application: ID, act: act(1) };
    given::<Application>(approved()).when(register.clone()).then([ApplicationEvent::Registered(act(1))]);
    given::<Application>(assessed()).when(register.clone()).then([ApplicationEvent::Registered(act(1))]);
    given::<Application>(then(assessed(), [ApplicationEvent::Registered(act(0))]))
        .when(register)
        .then_rejected(Refusal::StepDone);
    let activate = Activate { application: ID, act: act(1) };
    let accepted = then(assessed(), [ApplicationEvent::OfferAccepted(offer(1))]);
    given::<Application>(accepted).when(activate.clone()).then([ApplicationEvent::Activated(act(1))]);
    given::<Application>(then(assessed(), [ApplicationEvent::Activated(act(0))]))
        .when(activate)
        .then_rejected(Refusal::StepDone);
    given::<Application>(approved())
        .when(Approve { application: ID, act: act(1) })
        .then_rejected(Refusal::StepDone);
}

#[test]
fn an_application_is_decided_once() {
    let decline = Decline { application: ID, act: act(1) };
    let cancel = Cancel { application: ID, act: act(1) };
    let approve = Approve { application: ID, act: act(1) };
    given::<Application>(partly_submitted()).when(decline.clone()).then([ApplicationEvent::Declined(act(1))]);
    given::<Application>(sent_back()).when(cancel.clone()).then([ApplicationEvent::Cancelled(act(1))]);
    for (history, outcome) in [
        (declined(), Outcome::Declined),
        (cancelled(), Outcome::Cancelled),
        (approved(), Outcome::Approved),
        (then(assessed(), [ApplicationEvent::Registered(act(0))]), Outcome::Approved),
        (then(assessed(), [ApplicationEvent::Activated(act(0))]), Outcome::Approved),
    ] {
        given::<Application>(history.clone()).when(decline.clone()).then_rejected(Refusal::Decided(outcome));
        given::<Application>(history.clone()).when(cancel.clone()).then_rejected(Refusal::Decided(outcome));
        given::<Application>(history)
            .when(Preaccept { application: ID, act: act(1) })
            .then_rejected(Refusal::Decided(outcome));
    }
    given::<Application>(declined()).when(approve.clone()).then_rejected(Refusal::Decided(Outcome::Declined));
    given::<Application>(cancelled()).when(approve).then_rejected(Refusal::Decided(Outcome::Cancelled));
}

#[test]
fn nothing_is_decided_while_an_offer_is_being_prepared() {
    given::<Application>(selected())
        .when(Decline { application: ID, act: act(1) })
        .then_rejected(Refusal::OfferInPreparation(OfferNumber(1)));
    given::<Application>(then(selected(), [ApplicationEvent::OfferCreated(offer(1))]))
        .when(Cancel { application: ID, act: act(1) })
        .then_rejected(Refusal::OfferInPreparation(OfferNumber(1)));
}

#[test]
fn an_application_with_a_settled_offer_is_not_cancelled() {
    for settled in [ApplicationEvent::OfferAccepted(offer(1)), ApplicationEvent::OfferDeclined(offer(1))] {
        given::<Application>(then(assessed(), [settled]))
            .when(Cancel { application: ID, act: act(1) })
            .then_rejected(Refusal::OffersSettled(OfferNumber(1)));
    }
    given::<Application>(then(assessed(), [ApplicationEvent::OfferAccepted(offer(1))]))
        .when(Decline { application: ID, act: act(1) })
        .then_rejected(Refusal::OffersSettled(OfferNumber(1)));
    given::<Application>(then(assessed(), [ApplicationEvent::OfferDeclined(offer(1))]))
        .when(Decline { application: ID, act: act(1) })
        .then([ApplicationEvent::Declined(act(1))]);
}

#[test]
fn the_outcome_is_what_was_decided() {
    let outcome = |history: Vec<ApplicationEvent>| {
        let mut application = Application::default();
        history.into_iter().for_each(|event| application.apply(event));
        application.outcome()
    };
    assert_eq!(outcome(assessed()), Outcome::Undecided);
    assert_eq!(outcome(approved()), Outcome::Approved);
    assert_eq!(outcome(declined()), Outcome::Declined);
    assert_eq!(outcome(cancelled()), Outcome::Cancelled);
}
