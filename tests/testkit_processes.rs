//! The test kit for processes (given an event or time, then events, commands and timers): its behaviour and its failure
//! messages.

#[path = "testkit_processes/checkout.rs"]
mod checkout;
#[path = "testkit/failure.rs"]
mod failure;

use checkout::{
    Capture, Checkout, CheckoutEvent, Declined, OldOrderEvent, OrderEvent, Refund, Release, VisitEvent, at,
    capture, made, minutes, placed, refunded, requested, timed_out,
};
use eventsource::{
    Metadata,
    testing::{Proceeds, process},
};
use failure::failure;

/// A process with an instance that waits for its payment.
#[track_caller]
fn waiting(orders: &[&str]) -> Proceeds<Checkout> {
    orders.iter().fold(process::<Checkout>(), |process, order| {
        process
            .on(order, placed())
            .records([requested(order)])
            .executes([capture(order)])
            .arms("payment", minutes(30))
            .arms("reminder", minutes(10))
    })
}

#[test]
fn an_instance_goes_on_until_it_completes_and_then_ignores() {
    waiting(&["a"])
        .on("a", OrderEvent::Moved)
        .records([CheckoutEvent::WaitsLonger])
        .arms("payment", minutes(60))
        .on("p", made("a"))
        .records([CheckoutEvent::Paid])
        .cancels("reminder")
        .completes()
        .on("a", OrderEvent::Moved)
        .ignores()
        // The timers of a completed instance are gone.
        .when_time_passes(minutes(90))
        .does_nothing()
        // Never started.
        .on("b", OrderEvent::Cancelled)
        .ignores()
        .on("p", refunded(""))
        .does_nothing();
}

#[test]
fn instances_have_states_and_timers_of_their_own() {
    waiting(&["a", "b"])
        .on("p", made("a"))
        .records([CheckoutEvent::Paid])
        .cancels("reminder")
        .completes()
        .when_time_passes(minutes(10))
        .records([timed_out("reminder", 0)])
        .arms("second", minutes(5))
        .on("b", OrderEvent::Cancelled)
        .records([CheckoutEvent::Cancelled])
        .completes();
}

#[test]
fn timers_are_fired_when_they_are_due_in_order() {
    waiting(&["a"])
        .when_time_passes(minutes(9))
        .does_nothing()
        .when_time_passes(minutes(30))
        // The second one is set by the first one.
        .records([timed_out("reminder", 0), timed_out("second", 0), timed_out("payment", 0)])
        .arms("second", minutes(5))
        .executes([Release("a".to_owned()), Release("a".to_owned())])
        .completes();
}

#[test]
fn a_timer_that_was_moved_is_fired_at_its_new_time() {
    waiting(&["a"])
        .on("a", OrderEvent::Moved)
        .records([CheckoutEvent::WaitsLonger])
        .arms("payment", at(3_600))
        .when_time_passes(minutes(30))
        .records([timed_out("reminder", 0), timed_out("second", 0)])
        .arms("second", at(900))
        .executes([Release("a".to_owned())])
        .when_time_passes(minutes(30))
        .records([timed_out("payment", 0)])
        .executes([Release("a".to_owned())])
        .completes();
}

#[test]
fn timers_are_late_if_the_program_was_down() {
    waiting(&["a"])
        .when_down_for(minutes(25))
        .records([timed_out("reminder", 15 * 60)])
        // After the time at which the first one was fired.
        .arms("second", at(30 * 60))
        .when_time_passes(minutes(5))
        .records([timed_out("payment", 0)])
        .executes([Release("a".to_owned())])
        .completes();
}

#[test]
fn the_effects_of_a_rejection_come_after_those_of_the_event() {
    process::<Checkout>()
        .rejecting::<Capture>(Declined)
        .rejecting::<Capture>(Declined)
        .on("a", placed())
        .records([requested("a"), CheckoutEvent::Declined { times: 1 }, CheckoutEvent::Declined { times: 2 }])
        .executes([capture("a"), Capture("again".to_owned(), 1)])
        .executes([Release("a".to_owned())])
        .arms("payment", minutes(30))
        .arms("reminder", minutes(10))
        .arms("retry", minutes(1));
}

#[test]
fn only_a_command_of_that_type_is_rejected() {
    let (text, ..) = failure(|| {
        drop(
            process::<Checkout>()
                .rejecting::<Refund>(Declined)
                .on("a", placed())
                .records([requested("a")])
                .executes([capture("a")])
                .arms("payment", minutes(30))
                .arms("reminder", minutes(10))
                .on("p", refunded("a")),
        );
    });
    assert!(text.contains("the command `Refund` was rejected: the payment was declined"), "{text}");
}

#[test]
fn a_process_sees_what_is_stored() {
    let weighed = OrderEvent::Placed { total: 5, weight: 7 };
    let with_metadata = process::<Checkout>()
        .at(at(100))
        .with_metadata(Metadata::new().with("checkout", "c"))
        .on("a", weighed)
        .records([requested("a")])
        .executes([capture("a")])
        .arms("payment", at(100 + 1_800))
        .arms("reminder", at(100 + 600));
    with_metadata
        .on("b", OrderEvent::Moved)
        .records([CheckoutEvent::WaitsLonger])
        .arms("payment", minutes(60))
        .on("v", VisitEvent::Came)
        .does_nothing()
        .on("b", OldOrderEvent::Noted {})
        .records([CheckoutEvent::Noted, CheckoutEvent::Noted]);
}

#[test]
fn a_step_fails_as_it_does_in_production() {
    let fails = |test: fn()| failure(test).0;
    let text = fails(|| drop(waiting(&["a"]).on("a", placed())));
    assert!(text.contains("the instance `a` was started before; correlate the event with"), "{text}");
    let text = fails(|| drop(process::<Checkout>().on("p", made("a"))));
    assert!(text.contains("the instance `a` was never started"), "{text}");
    let text = fails(|| {
        let over = waiting(&["a"]).on("a", OrderEvent::Cancelled).records([CheckoutEvent::Cancelled]);
        drop(over.completes().on("a", placed()));
    });
    assert!(text.contains("the instance `a` has completed; make the process `restartable`"), "{text}");
    let text = fails(|| drop(process::<Checkout>().on("p", refunded("\0"))));
    assert!(text.contains("the process fails") && text.contains("NUL"), "{text}");
    let text = fails(|| {
        let refunded = process::<Checkout>().on("p", refunded("a")).records([CheckoutEvent::Refunded]);
        let refunded = refunded.executes([Refund("a".to_owned())]).arms("again", at(0));
        drop(refunded.when_time_passes(minutes(1)));
    });
    assert!(text.contains("a timer must not set itself again for a time that has passed"), "{text}");
}

#[test]
fn what_differs_from_what_is_expected_is_shown_where_the_test_says_it() {
    let fails = |test: fn()| {
        let (text, file, _) = failure(test);
        assert_eq!(file, file!(), "{text}");
        text
    };

    let text = fails(|| drop(process::<Checkout>().on("a", placed()).records([requested("b")])));
    assert!(text.contains("other events than expected"), "{text}");
    assert!(text.contains(r#"-         order: "b","#) && text.contains(r#"+         order: "a","#), "{text}");
    let text = fails(|| drop(waiting(&["a"]).records([CheckoutEvent::Paid])));
    assert!(text.contains("-     Paid,"), "{text}");

    let text = fails(|| drop(process::<Checkout>().on("a", placed()).executes([capture("b")])));
    assert!(
        text.contains("the process executes another command") && text.contains(r#"-     "b","#),
        "{text}"
    );
    let text = fails(|| drop(process::<Checkout>().on("a", placed()).executes([Release("a".to_owned())])));
    assert!(text.contains("executes `Capture`, where this command was expected"), "{text}");
    let text = fails(|| drop(waiting(&["a"]).executes([capture("a")])));
    assert!(text.contains("the process executes no further command"), "{text}");

    let text = fails(|| drop(process::<Checkout>().on("a", placed()).arms("reminder", minutes(10))));
    assert!(text.contains("to set the timer `reminder`, but it sets the timer `payment` for 1970"), "{text}");
    let text = fails(|| drop(process::<Checkout>().on("a", placed()).arms("payment", minutes(31))));
    assert!(text.contains("1800s after the input; 1970-01-01T00:31"), "{text}");
    let text = fails(|| drop(process::<Checkout>().on("a", placed()).cancels("payment")));
    assert!(text.contains("to cancel the timer `payment`, but it sets the timer `payment`"), "{text}");
    let text = fails(|| drop(waiting(&["a"]).arms("payment", minutes(30))));
    assert!(text.contains("but it sets and cancels no further timer"), "{text}");

    let text = fails(|| drop(waiting(&["a"]).completes()));
    assert!(text.contains("expected to complete, but it does not"), "{text}");
    let text = fails(|| drop(waiting(&["a"]).ignores()));
    assert!(text.contains("expected to ignore the input, but it does not"), "{text}");
}

#[test]
fn what_no_assertion_names_is_a_failure_at_the_next_input_and_at_the_end() {
    let fails = |test: fn()| failure(test).0;
    let all = "records `checkout.payment_requested`, executes `Capture`, sets the timer `payment` for \
               1970-01-01T00:30:00Z, sets the timer `reminder` for 1970-01-01T00:10:00Z";
    for text in [
        fails(|| drop(process::<Checkout>().on("a", placed()))),
        fails(|| drop(process::<Checkout>().on("a", placed()).on("v", VisitEvent::Came))),
        fails(|| drop(process::<Checkout>().on("a", placed()).when_time_passes(minutes(1)))),
        fails(|| drop(process::<Checkout>().on("a", placed()).when_down_for(minutes(1)))),
        fails(|| drop(process::<Checkout>().on("a", placed()).does_nothing())),
    ] {
        assert!(text.ends_with(all), "{text}");
    }
    let text = fails(|| drop(waiting(&["a"]).on("p", made("a"))));
    assert!(text.ends_with("records `checkout.paid`, cancels the timer `reminder`, completes"), "{text}");
    let text = fails(|| drop(process::<Checkout>().on("b", OrderEvent::Cancelled)));
    assert!(text.ends_with("it ignores the input"), "{text}");
    let text = fails(|| drop(process::<Checkout>().rejecting::<Capture>(Declined)));
    assert!(text.contains("`Capture` was to be rejected, but the process does not execute it"), "{text}");
}
