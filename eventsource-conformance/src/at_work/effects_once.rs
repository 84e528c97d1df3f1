//! Effects outside the store that must not be repeated.

use std::time::Duration;

use eventsource::{
    projections::ParkedRetry,
    reacting::PurgeError,
    store::{ReadModelStore, StartAt},
};

use crate::support::{
    Gate, Letters, Printing, ReadModels, added, at_once, crashed, ended, eventually, first_parked, impatient,
    included, started, started_with, status, tally,
};

/// The key of the tally whose letter is parked.
fn key() -> String {
    tally("a").key()
}

pub(crate) async fn a_later_delivery_gets_the_outcome_of_an_effect_and_does_not_repeat_it<
    S: ReadModelStore,
>(
    store: ReadModels<S>,
) {
    let letters: Letters = Letters::that([Printing::ReportedThenFailed]);
    let program = store.program().handler(letters.clone(), StartAt::Beginning).build();
    let workers = started(&program).await;
    added(&program, "a", 1).await;
    let last = added(&program, "a", 1).await;
    included(&program, "letters", last).await;
    assert_eq!(letters.found(), ["fresh", "done on sheet 1", "fresh"]);
    assert_eq!(letters.printed(), [1, 2]);
    ended(workers).await;
}

pub(crate) async fn an_effect_that_a_crash_has_interrupted_is_unknown<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let gate = Gate::closed();
    let letters: Letters = Letters::that([Printing::PrintedThenHung(gate.clone())]);
    let program = || store.program().handler(letters.clone(), StartAt::Beginning).build();
    let first = program();
    let workers = started_with(&first, impatient()).await;
    let last = added(&first, "a", 1).await;
    gate.reached().await;
    crashed(workers).await;

    let second = program();
    let workers = started(&second).await;
    included(&second, "letters", last).await;
    assert_eq!(letters.found(), ["fresh", "unknown"]);
    assert_eq!(letters.printed(), [1], "it is not printed again");
    ended(workers).await;
}

pub(crate) async fn an_effect_without_a_report_is_unknown_and_one_that_did_not_happen_is_fresh<
    S: ReadModelStore,
>(
    store: ReadModels<S>,
) {
    let letters: Letters = Letters::that([Printing::PrintedThenFailed, Printing::Refused, Printing::Refused]);
    let program = store.program().handler(letters.clone(), StartAt::Beginning).build();
    let workers = started(&program).await;
    added(&program, "a", 1).await;
    let last = added(&program, "a", 1).await;
    included(&program, "letters", last).await;
    assert_eq!(letters.found(), ["fresh", "unknown", "fresh", "fresh", "fresh"]);
    assert_eq!(letters.printed(), [1, 2]);
    ended(workers).await;
}

pub(crate) async fn outcomes_of_effects_are_found_after_the_handler_was_renamed<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let letters: Letters = Letters::that([Printing::ReportedThenFailed]).parking();
    let program = store.program().handler(letters.clone(), StartAt::Beginning).build();
    let workers = started(&program).await;
    let last = added(&program, "a", 1).await;
    included(&program, "letters", last).await;
    ended(workers).await;

    let program = store.program().handler(letters.renamed(), StartAt::Beginning).build();
    let workers = started(&program).await;
    let retried = program.retry_parked("printed_letters", &key()).await.expect("it is parked");
    assert_eq!(retried, ParkedRetry::Applied);
    assert_eq!(letters.found(), ["fresh", "done on sheet 1"]);
    let purged = program.purge_outcomes("printed_letters", Duration::from_secs(3_600)).await;
    assert_eq!(purged.expect("no event is parked"), 0, "it is not that old");
    eventually("it is removed under the new name", || async {
        program.purge_outcomes("printed_letters", Duration::ZERO).await.is_ok_and(|purged| purged == 1)
    })
    .await;
    ended(workers).await;
}

pub(crate) async fn outcomes_that_a_delivery_may_ask_for_are_not_removed<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let gate = Gate::closed();
    let script = [Printing::ReportedThenFailed, Printing::PrintedThenHung(gate.clone())];
    let letters: Letters = Letters::that(script).parking();
    let program = || store.program().handler(letters.clone(), StartAt::Beginning).build();
    let first = program();
    let workers = started_with(&first, impatient()).await;
    added(&first, "a", 1).await;
    eventually("it is parked", || async { status(&first, "letters").await.parked == 1 }).await;
    for name in ["letters", "printed_letters"] {
        // Under its new name too, in a program that has renamed it.
        let program = store.program().handler(letters.renamed(), StartAt::Beginning).build();
        match program.purge_outcomes(name, Duration::ZERO).await {
            Err(PurgeError::Parked { consumer, parked: 1 }) => assert_eq!(consumer, "letters"),
            other => panic!("{other:?}"),
        }
    }
    let position = first_parked(&first, "letters", &key()).await;
    first.discard_parked("letters", &key(), position, "for the test").await.expect("it is parked");

    let last = added(&first, "b", 1).await;
    gate.reached().await;
    crashed(workers).await;
    let second = program();
    let refused = second.purge_outcomes("letters", Duration::ZERO).await;
    assert!(matches!(refused, Err(PurgeError::Behind { .. })), "{refused:?}");

    let workers = started(&second).await;
    included(&second, "letters", last).await;
    assert_eq!(letters.found(), ["fresh", "fresh", "unknown"]);
    let mut purged = 0;
    while purged < 2 {
        purged += at_once("outcomes are removed", second.purge_outcomes("letters", Duration::ZERO))
            .await
            .expect("no event needs them");
    }
    ended(workers).await;
}
