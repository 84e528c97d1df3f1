//! Many concurrent appends.

use std::collections::BTreeSet;

use eventsource::{
    Version,
    store::{Append, AppendError, ExpectedVersion, Receipt},
};

use crate::support::{Chance, Store, event, events, exactly, ids, part, race, several, stream, versions};

/// Races 64 appends to one stream. Returns the receipts of the winners and the versions in the conflicts of the
/// losers.
async fn race_for(store: &Store, expected: ExpectedVersion) -> (Vec<Receipt>, Vec<Version>) {
    let outcomes = race(64, |_| {
        let store = store.clone();
        async move { store.append(Append::to(stream("account"), expected, events(1))).await }
    });
    let (mut won, mut told) = (Vec::new(), Vec::new());
    for outcome in outcomes.await {
        match outcome {
            Ok(receipts) => won.extend(receipts),
            Err(AppendError::Conflict { actual, stream: of, .. }) => {
                assert_eq!(of, stream("account"));
                told.push(actual);
            }
            Err(error) => panic!("expected a receipt or a conflict, not {error:?}"),
        }
    }
    (won, told)
}

pub(crate) async fn one_of_64_racers_for_a_new_stream_wins_and_the_others_conflict_with_version_one(
    store: Store,
) {
    for expected in [ExpectedVersion::NoStream, exactly(0)] {
        let (won, told) = race_for(&store, expected).await;
        if expected == ExpectedVersion::NoStream {
            assert_eq!(won.iter().map(|receipt| receipt.version).collect::<Vec<_>>(), [Version::new(1)]);
            assert_eq!(told, [Version::new(1); 63]);
        } else {
            // The stream exists by now: no append wins.
            assert_eq!((won, told), (Vec::new(), vec![Version::new(1); 64]));
        }
    }
    assert_eq!(versions(&store.events_of(&stream("account")).await), [1]);
}

pub(crate) async fn one_of_64_racers_for_a_version_wins_and_the_others_conflict_with_the_next(store: Store) {
    store.fill(&stream("account"), 9).await;
    for version in 9..14 {
        let (won, told) = race_for(&store, exactly(version)).await;
        let next = Version::new(version + 1);
        assert_eq!(won.iter().map(|receipt| receipt.version).collect::<Vec<_>>(), [next]);
        assert_eq!(told, [next; 63]);
    }
    assert!(versions(&store.events_of(&stream("account")).await).into_iter().eq(1..=14));
}

pub(crate) async fn all_of_64_racers_that_expect_any_version_win(store: Store) {
    let (won, told) = race_for(&store, ExpectedVersion::Any).await;
    assert_eq!(told, []);
    let numbers: BTreeSet<_> = won.iter().map(|receipt| receipt.version.get()).collect();
    assert!(numbers.into_iter().eq(1..=64));
    let kept = store.events_of(&stream("account")).await;
    assert!(versions(&kept).into_iter().eq(1..=64));
    for receipt in won {
        let event = &kept[usize::try_from(receipt.version.get()).expect("small") - 1];
        assert_eq!(event.context.position, receipt.position);
    }
}

pub(crate) async fn all_of_64_racers_that_expect_an_existing_stream_win(store: Store) {
    let (won, told) = race_for(&store, ExpectedVersion::StreamExists).await;
    assert_eq!((won, told), (Vec::new(), vec![Version::EMPTY; 64]));
    store.fill(&stream("account"), 1).await;
    let (won, told) = race_for(&store, ExpectedVersion::StreamExists).await;
    assert_eq!(told, []);
    let numbers: BTreeSet<_> = won.iter().map(|receipt| receipt.version.get()).collect();
    assert!(numbers.into_iter().eq(2..=65));
}

pub(crate) async fn batches_that_race_for_one_stream_are_not_interleaved(store: Store) {
    let batches: Vec<_> = (0..24).map(|n| events(n % 5 + 1)).collect();
    let receipts = race(24, |n| {
        let (store, batch) = (store.clone(), batches[n].clone());
        async move { store.write(&stream("account"), ExpectedVersion::Any, batch).await }
    });
    let receipts = receipts.await;
    let kept = store.events_of(&stream("account")).await;
    assert!(versions(&kept).into_iter().eq(1..=batches.iter().map(Vec::len).sum::<usize>() as u64));
    assert!(kept.is_sorted_by(|earlier, later| earlier.context.position < later.context.position));
    for (batch, receipt) in batches.iter().zip(receipts) {
        let last = usize::try_from(receipt.version.get()).expect("small");
        let due: Vec<_> = batch.iter().map(|event| event.id).collect();
        assert_eq!(ids(&kept[last - batch.len()..last]), due);
    }
}

pub(crate) async fn racers_for_overlapping_streams_append_to_all_of_their_streams_or_none(store: Store) {
    // Each takes two adjacent streams in a ring of eight, in varying order, so that some meet on both.
    let outcomes = race(32, |n| {
        let store = store.clone();
        let mut parts: Vec<_> = [n % 8, (n + 1) % 8]
            .map(|at| part(&stream(&format!("account-{at}")), ExpectedVersion::NoStream, vec![event("{}")]))
            .into();
        if n / 8 % 2 == 1 {
            parts.reverse();
        }
        let given: Vec<_> = parts.iter().map(|part| part.events[0].id).collect();
        async move {
            match store.append(several(parts)).await {
                Ok(_) => (given, true),
                Err(AppendError::Conflict { actual, .. }) => {
                    assert_eq!(actual, Version::new(1));
                    (given, false)
                }
                Err(error) => panic!("expected receipts or a conflict, not {error:?}"),
            }
        }
    });
    let outcomes = outcomes.await;
    let mut due: Vec<_> = outcomes.iter().filter(|(_, won)| *won).flat_map(|(ids, _)| ids.clone()).collect();
    assert!(!due.is_empty(), "someone wins");
    let mut kept = ids(&store.log().await);
    due.sort();
    kept.sort();
    assert_eq!(kept, due);
}

pub(crate) async fn racers_that_name_the_same_streams_in_different_orders_all_succeed(store: Store) {
    let receipts = race(32, |n| {
        let store = store.clone();
        async move {
            let mut chance = Chance::new(n);
            for _ in 0..5 {
                let mut order: Vec<_> = (0..6).collect();
                (1..6).for_each(|at| order.swap(at, chance.below(at + 1)));
                let parts = order[..4]
                    .iter()
                    .map(|at| part(&stream(&format!("account-{at}")), ExpectedVersion::Any, events(2)));
                store.write_all(several(parts.collect())).await;
            }
        }
    });
    receipts.await;
    let mut total = 0;
    for at in 0..6 {
        let kept = store.events_of(&stream(&format!("account-{at}"))).await;
        assert!(versions(&kept).into_iter().eq(1..=kept.len() as u64));
        total += kept.len();
    }
    assert_eq!(total, 32 * 5 * 4 * 2);
}
