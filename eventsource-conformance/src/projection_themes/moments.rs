//! The time of the store and the end of the log: nothing that was recorded before a time is found above that end.

use eventsource::{
    Position,
    store::{Append, EventStore, ExpectedVersion, Moment, ReadModelStore, StoreTransaction},
};

use crate::support::{ReadModels, events, eventually, part, race, several, stream};

async fn moment<S: ReadModelStore>(store: &ReadModels<S>) -> Moment {
    store.moment().await.expect("the store can be read")
}

async fn settled<S: ReadModelStore>(store: &ReadModels<S>, end: Position) -> Option<Position> {
    store.settled(end).await.expect("the store can be read")
}

pub(crate) async fn the_end_of_a_moment_settles_to_the_last_event_before_it<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let before = moment(&store).await;
    assert_eq!(settled(&store, before.end).await, Some(Position::START), "there is no event");
    let [first, second] = &store.record(2).await[..] else { panic!("two were recorded") };
    let between = moment(&store).await;
    assert!(before.time <= first.context.recorded_at && second.context.recorded_at <= between.time);
    assert!(between.end >= second.context.position);
    let later = store.record(1).await;
    assert!(between.end < later[0].context.position, "it was recorded after the moment");
    assert_eq!(settled(&store, between.end).await, Some(second.context.position));
    assert_eq!(settled(&store, first.context.position).await, Some(first.context.position));
    assert_eq!(settled(&store, before.end).await, Some(Position::START));
    let last = moment(&store).await;
    assert!(last.time >= between.time && last.end >= later[0].context.position);
    assert_eq!(settled(&store, last.end).await, Some(later[0].context.position));
}

/// While the transaction is open, a store lets a moment wait, or says that its end is not settled.
pub(crate) async fn the_end_of_a_moment_is_not_settled_during_an_append_below_it<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let lease = store.process(1).await;
    for commits in [false, true] {
        let mut transaction = store.begun(&lease).await;
        let append = Append::to(stream("account"), ExpectedVersion::Any, events(2));
        let (_, recorded) = transaction.append(&append, &[]).await.expect("accepted");
        let last = recorded.last().expect("two events").context.position;
        let beside = store.clone();
        let during = tokio::spawn(async move {
            let moment = moment(&beside).await;
            (moment, settled(&beside, moment.end).await)
        });
        // The store answers other tasks meanwhile, so that it would have answered this one too.
        for _ in 0..20 {
            let beside = store.clone();
            tokio::spawn(async move { beside.events().log().await }).await.expect("no panic");
        }
        let has_waited = !during.is_finished();
        match commits {
            true => store.committed(transaction).await,
            false => transaction.roll_back().await.expect("the connection works"),
        }
        let (moment, settled_during) = during.await.expect("no panic");
        if !has_waited {
            assert!(
                moment.end < last || settled_during.is_none(),
                "{moment:?} is settled: {settled_during:?}"
            );
            assert!(moment.end >= last, "the append had taken its positions before the moment: {moment:?}");
        }
        let settled = eventually("the end is settled after the append", || settled(&store, moment.end)).await;
        assert_eq!(settled, if commits { last } else { Position::START });
    }
}

/// Appends of one event, of many, and of several streams, one by one and as a list.
pub(crate) async fn what_was_recorded_before_a_moment_is_not_above_its_end<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    const WRITERS: usize = 3;
    let moments = race(WRITERS + 1, |task| {
        let store = store.clone();
        async move {
            if task < WRITERS {
                return write_some(&store, task).await;
            }
            let mut moments = Vec::new();
            while store.events().log().await.len() < WRITERS * WRITTEN {
                for _ in 0..20 {
                    moments.push(moment(&store).await);
                }
            }
            moments
        }
    })
    .await;
    let log = store.events().log().await;
    for moment in moments.into_iter().flatten() {
        let above = log
            .iter()
            .find(|event| event.context.recorded_at < moment.time && event.context.position > moment.end);
        assert!(above.is_none(), "{moment:?} has an earlier event above its end: {above:?}");
        let settled = settled(&store, moment.end).await.expect("all appends have ended");
        let last = log.iter().rev().find(|event| event.context.position <= moment.end);
        assert_eq!(settled, last.map_or(Position::START, |event| event.context.position));
    }
    let mut by_version: Vec<_> = log.iter().collect();
    by_version.sort_by_key(|event| (event.context.stream.clone(), event.context.version));
    for pair in by_version.windows(2).filter(|pair| pair[0].context.stream == pair[1].context.stream) {
        assert!(
            pair[0].context.recorded_at <= pair[1].context.recorded_at,
            "a later version was recorded earlier: {pair:?}"
        );
    }
}

const ROUNDS: usize = 6;

/// How many events each of the writers appends.
const WRITTEN: usize = ROUNDS * (1 + 40 + 40 + 3);

/// Returns a moment after each append.
async fn write_some<S: ReadModelStore>(store: &ReadModels<S>, writer: usize) -> Vec<Moment> {
    let any = ExpectedVersion::Any;
    let mut moments = Vec::new();
    for _ in 0..ROUNDS {
        let of = |name: &str| stream(&format!("{name}-{writer}"));
        store.append(Append::to(of("one"), any, events(1))).await.expect("accepted");
        moments.push(moment(store).await);
        store.append(Append::to(of("many"), any, events(40))).await.expect("accepted");
        moments.push(moment(store).await);
        let parts = vec![part(&of("left"), any, events(20)), part(&of("right"), any, events(20))];
        store.append(several(parts)).await.expect("accepted");
        moments.push(moment(store).await);
        let list = (0..3).map(|n| Append::to(of(&format!("list-{n}")), any, events(1))).collect();
        for appended in store.append_each(list).await {
            appended.expect("accepted");
        }
        moments.push(moment(store).await);
    }
    moments
}
