//! The rules of the offers.

use super::{super::application::Progress, *};

/// With the second offer selected while the first is still with the customer.
fn replacing() -> Vec<ApplicationEvent> {
    then(sent(), [ApplicationEvent::OfferSelected(offer(2))])
}

#[test]
fn an_offer_is_selected_for_an_accepted_application() {
    let select = SelectOffer { application: ID, act: act(0) };
    given::<Application>(accepted()).when(select.clone()).then([ApplicationEvent::OfferSelected(offer(1))]);
    given::<Application>(sent()).when(select.clone()).then([ApplicationEvent::OfferSelected(offer(2))]);
    given::<Application>(partly_submitted()).when(select).then_rejected(Refusal::WrongStage {
        required: Progress::Accepted,
        actual: Progress::PartlySubmitted,
    });
}

#[test]
fn one_offer_is_prepared_at_a_time() {
    let select = SelectOffer { application: ID, act: act(0) };
    for (history, number) in [(selected(), 1), (replacing(), 2)] {
        given::<Application>(history)
            .when(select.clone())
            .then_rejected(Refusal::OfferInPreparation(OfferNumber(number)));
    }
}

#[test]
fn a_decided_application_accepts_no_new_offer() {
    let select = SelectOffer { application: ID, act: act(1) };
    for (history, outcome) in
        [(declined(), Outcome::Declined), (cancelled(), Outcome::Cancelled), (approved(), Outcome::Approved)]
    {
        given::<Application>(history).when(select.clone()).then_rejected(Refusal::Decided(outcome));
    }
}

#[test]
fn no_offer_follows_one_that_was_accepted_or_declined() {
    for settled in [ApplicationEvent::OfferAccepted(offer(1)), ApplicationEvent::OfferDeclined(offer(1))] {
        given::<Application>(then(sent_back(), [settled]))
            .when(SelectOffer { application: ID, act: act(0) })
            .then_rejected(Refusal::OffersSettled(OfferNumber(1)));
    }
}

#[test]
fn an_offer_is_created_only_after_it_was_selected_and_the_application_finalized() {
    let create = CreateOffer { application: ID, act: act(0) };
    given::<Application>(selected()).when(create.clone()).then([ApplicationEvent::OfferCreated(offer(1))]);
    given::<Application>(finalized()).when(create.clone()).then_rejected(Refusal::NoOfferSelected);
    given::<Application>(then(accepted(), [ApplicationEvent::OfferSelected(offer(1))]))
        .when(create)
        .then_rejected(Refusal::WrongStage { required: Progress::Finalized, actual: Progress::Accepted });
}

#[test]
fn an_offer_is_created_only_after_the_one_with_the_customer_was_cancelled() {
    let create = CreateOffer { application: ID, act: act(0) };
    given::<Application>(replacing())
        .when(create.clone())
        .then_rejected(Refusal::OfferWithCustomer(OfferNumber(1)));
    given::<Application>(replacing())
        .when(CancelOffer { application: ID, act: act(0) })
        .then([ApplicationEvent::OfferCancelled(offer(1))]);
    given::<Application>(then(replacing(), [ApplicationEvent::OfferCancelled(offer(1))]))
        .when(create)
        .then([ApplicationEvent::OfferCreated(offer(2))]);
}

#[test]
fn an_offer_is_sent_only_after_it_was_created() {
    let send = SendOffer { application: ID, act: act(0) };
    given::<Application>(selected()).when(send.clone()).then_rejected(Refusal::NoOfferCreated);
    given::<Application>(sent()).when(send.clone()).then_rejected(Refusal::NoOfferCreated);
    given::<Application>(then(selected(), [ApplicationEvent::OfferCreated(offer(1))]))
        .when(send)
        .then([ApplicationEvent::OfferSent(offer(1))]);
}

#[test]
fn an_offer_comes_back_once_and_only_from_a_customer_who_has_it() {
    let receive = ReceiveOfferBack { application: ID, act: act(0) };
    given::<Application>(sent()).when(receive.clone()).then([ApplicationEvent::OfferSentBack(offer(1))]);
    given::<Application>(sent_back())
        .when(receive.clone())
        .then_rejected(Refusal::AlreadySentBack(OfferNumber(1)));
    given::<Application>(finalized()).when(receive.clone()).then_rejected(Refusal::NoOfferWithCustomer);
    given::<Application>(replacing())
        .when(receive)
        .then_rejected(Refusal::OfferInPreparation(OfferNumber(2)));
}

#[test]
fn an_offer_is_accepted_by_a_customer_who_has_it_and_sent_one_back() {
    let accept = AcceptOffer { application: ID, act: act(0) };
    given::<Application>(sent()).when(accept.clone()).then_rejected(Refusal::NothingSentBack);
    given::<Application>(sent_back()).when(accept.clone()).then([ApplicationEvent::OfferAccepted(offer(1))]);
    given::<Application>(approved()).when(accept.clone()).then([ApplicationEvent::OfferAccepted(offer(1))]);
    let replaced = [
        ApplicationEvent::OfferCancelled(offer(1)),
        ApplicationEvent::OfferSelected(offer(2)),
        ApplicationEvent::OfferCreated(offer(2)),
        ApplicationEvent::OfferSent(offer(2)),
    ];
    given::<Application>(then(sent_back(), replaced))
        .when(accept.clone())
        .then([ApplicationEvent::OfferAccepted(offer(2))]);
    given::<Application>(then(sent_back(), [ApplicationEvent::OfferCancelled(offer(1))]))
        .when(accept.clone())
        .then_rejected(Refusal::NoOfferWithCustomer);
    given::<Application>(declined()).when(accept).then_rejected(Refusal::Decided(Outcome::Declined));
}

#[test]
fn an_offer_is_cancelled_while_it_is_with_the_customer() {
    let cancel = CancelOffer { application: ID, act: act(0) };
    given::<Application>(sent_back()).when(cancel.clone()).then([ApplicationEvent::OfferCancelled(offer(1))]);
    given::<Application>(cancelled()).when(cancel.clone()).then([ApplicationEvent::OfferCancelled(offer(1))]);
    given::<Application>(selected()).when(cancel.clone()).then_rejected(Refusal::NoOfferWithCustomer);
    given::<Application>(declined()).when(cancel.clone()).then_rejected(Refusal::Decided(Outcome::Declined));
    given::<Application>(approved()).when(cancel).then_rejected(Refusal::Decided(Outcome::Approved));
}

#[test]
fn an_offer_is_declined_while_it_is_with_the_customer() {
    let decline = DeclineOffer { application: ID, act: act(0) };
    given::<Application>(sent()).when(decline.clone()).then([ApplicationEvent::OfferDeclined(offer(1))]);
    given::<Application>(declined()).when(decline.clone()).then([ApplicationEvent::OfferDeclined(offer(1))]);
    given::<Application>(finalized()).when(decline.clone()).then_rejected(Refusal::NoOfferWithCustomer);
    given::<Application>(cancelled())
        .when(decline.clone())
        .then_rejected(Refusal::Decided(Outcome::Cancelled));
    given::<Application>(approved()).when(decline).then_rejected(Refusal::Decided(Outcome::Approved));
}
