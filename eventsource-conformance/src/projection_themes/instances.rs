//! The records of process instances: what steps and operators make of them.

use std::time::Duration;

use eventsource::{
    Position, Timestamp,
    store::{
        GenerationId, Instance, InstanceChange, InstanceQuery, InstanceRequest, InstanceState, Lease,
        ReadModelStore, StoreTransaction,
        rules::instances::{self as rules, Stepped},
    },
};

use crate::support::{
    REBUILD, ReadModels, balances, eventually, ignoring, last_step, race, set, step, timer,
};

const STATES: [InstanceState; 4] =
    [InstanceState::Running, InstanceState::Completed, InstanceState::Suspended, InstanceState::Aborted];

fn suspend() -> InstanceRequest {
    InstanceRequest::Suspend { reason: "the bank's holiday".to_owned() }
}

fn abort() -> InstanceRequest {
    InstanceRequest::Abort { reason: "given up\0".to_owned() }
}

async fn requested<S: ReadModelStore>(
    store: &ReadModels<S>,
    generation: GenerationId,
    key: &str,
    request: &InstanceRequest,
) -> bool {
    store.request_instance(generation, key, request).await.expect("the store can be written")
}

/// Makes an instance in each state, with ids that begin with this and end with the name of the state.
async fn make_every_state<S: ReadModelStore>(store: &ReadModels<S>, lease: &Lease, prefix: &str) {
    let key = |state: &InstanceState| format!("{prefix}{state}");
    let steps = STATES.iter().map(|state| match state {
        InstanceState::Completed => last_step(&key(state)),
        _ => step(&key(state)),
    });
    assert_eq!(store.steps(lease, &steps.collect::<Vec<_>>()).await, []);
    assert!(requested(store, lease.generation, &key(&InstanceState::Suspended), &suspend()).await);
    assert!(requested(store, lease.generation, &key(&InstanceState::Aborted), &abort()).await);
}

async fn found<S: ReadModelStore>(store: &ReadModels<S>, lease: &Lease, key: &str) -> Instance {
    store.instance(lease.generation, key).await.expect("it has a record")
}

pub(crate) async fn an_instance_has_a_record_from_its_first_step<S: ReadModelStore>(store: ReadModels<S>) {
    let lease = store.process(1).await;
    let before = Timestamp::now();
    let first = InstanceChange { ignored: 2, ..step("a") };
    assert_eq!(store.steps(&lease, &[first, last_step("b")]).await, []);
    let Instance { key, partition, state, started_at, changed_at, ignored, reason } =
        store.instance(lease.generation, "a").await.expect("it has a record");
    assert_eq!((&*key, partition, state, ignored, reason), ("a", 0, InstanceState::Running, 2, None));
    // The clock of the store may be another one.
    let minute = Duration::from_secs(60);
    assert!(started_at.since(before) < minute && before.since(started_at) < minute, "{started_at}");
    assert_eq!(changed_at, started_at);
    store.steps(&lease, &[last_step("a")]).await;
    let ended = store.instance(lease.generation, "a").await.expect("it has a record");
    assert_eq!((ended.state, ended.started_at), (InstanceState::Completed, started_at));
    assert!(ended.changed_at >= changed_at);
    assert_eq!(store.instance(lease.generation, "c").await, None);
    assert_eq!(store.instance(lease.generation, "a\0").await, None, "there is no such id");
}

pub(crate) async fn a_step_makes_of_an_instance_what_the_rules_say<S: ReadModelStore>(store: ReadModels<S>) {
    let lease = store.process(1).await;
    for (n, change) in [step, last_step, |key: &str| ignoring(key, 0)].into_iter().enumerate() {
        make_every_state(&store, &lease, &format!("{n}-")).await;
        let keys = STATES.map(|state| format!("{n}-{state}"));
        let mut before = Vec::new();
        for key in &keys {
            before.push(found(&store, &lease, key).await);
        }
        let changes = keys.each_ref().map(|key| InstanceChange { ignored: 3, ..change(key) });
        let mut held = store.steps(&lease, &changes).await;
        held.sort();
        assert_eq!(
            held,
            [3, 2].map(|n| (keys[n].clone(), STATES[n])),
            "the aborted one and the suspended one"
        );
        for (before, change) in before.into_iter().zip(&changes) {
            let after = found(&store, &lease, &change.key).await;
            let ignored = before.ignored + 3;
            match rules::step(Some(before.state), change) {
                Stepped::To(state) => {
                    assert!(after.changed_at >= before.changed_at);
                    assert_eq!(after, Instance { state, ignored, changed_at: after.changed_at, ..before });
                }
                Stepped::Unchanged => assert_eq!(after, Instance { ignored, ..before }),
            }
        }
    }
}

pub(crate) async fn an_instance_that_only_ignores_gets_no_record<S: ReadModelStore>(store: ReadModels<S>) {
    let lease = store.process(1).await;
    let changes = [ignoring("a", 5), step("b")];
    assert_eq!(store.steps(&lease, &changes).await, []);
    assert_eq!(store.instance(lease.generation, "a").await, None);
    store.steps(&lease, &[ignoring("b", 5)]).await;
    store.steps(&lease, &[ignoring("b", 2)]).await;
    assert_eq!(found(&store, &lease, "b").await.ignored, 7);
}

pub(crate) async fn a_request_makes_of_an_instance_what_the_rules_say<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let lease = store.process(1).await;
    for (n, request) in [suspend(), InstanceRequest::Resume, abort()].into_iter().enumerate() {
        make_every_state(&store, &lease, &format!("{n}-")).await;
        for state in STATES {
            let key = format!("{n}-{state}");
            let before = found(&store, &lease, &key).await;
            let applies = requested(&store, lease.generation, &key, &request).await;
            let after = found(&store, &lease, &key).await;
            let Some((state, reason)) = rules::request(state, &request) else {
                assert!(!applies, "{key}: {request:?}");
                assert_eq!(after, before, "{request:?}");
                continue;
            };
            assert!(applies, "{key}: {request:?}");
            assert!(after.changed_at >= before.changed_at);
            assert_eq!(
                after.reason.as_deref().map(|it| it.replace(['\0', '\u{fffd}'], "")),
                reason.map(|it| it.replace('\0', "")),
                "a NUL may be replaced, since only people read it"
            );
            let Instance { changed_at, reason, .. } = after.clone();
            assert_eq!(after, Instance { state, changed_at, reason, ..before });
        }
    }
    assert!(!requested(&store, lease.generation, "missing", &suspend()).await);
    assert!(!requested(&store, lease.generation, "a\0", &suspend()).await);
    assert_eq!(store.instance(lease.generation, "missing").await, None);
}

pub(crate) async fn suspended_instances_are_listed_by_partition<S: ReadModelStore>(store: ReadModels<S>) {
    let lease = store.process(2).await;
    make_every_state(&store, &lease, "").await;
    let beside = store.claimed(lease.generation, 1, lease.worker).await.expect("the partition is unclaimed");
    store.steps(&beside, &[step("beside")]).await;
    assert!(requested(&store, lease.generation, "beside", &suspend()).await);
    let suspended = async |partition| {
        let suspended = store.suspended_instances(lease.generation, partition).await;
        suspended.expect("the store can be read")
    };
    assert_eq!(suspended(0).await, ["suspended"]);
    assert_eq!(suspended(1).await, ["beside"]);
    assert_eq!(found(&store, &lease, "beside").await.partition, 1);
    assert!(requested(&store, lease.generation, "beside", &InstanceRequest::Resume).await);
    assert_eq!(suspended(1).await, Vec::<String>::new());
}

pub(crate) async fn instances_are_read_in_pages_the_oldest_first<S: ReadModelStore>(store: ReadModels<S>) {
    let lease = store.process(1).await;
    // Those of one call may start at the same time.
    for n in [3, 1, 2] {
        let steps = ["b", "a", "c"]
            .map(|key| if n == 1 { last_step(&format!("{n}{key}")) } else { step(&format!("{n}{key}")) });
        store.steps(&lease, &steps).await;
    }
    let every = store.every_instance(lease.generation).await;
    assert!(every.is_sorted_by_key(Instance::cursor), "{every:?}");
    assert_eq!(every.len(), 9);
    let [first, .., last] = &every[..] else { panic!("{every:?}") };
    assert!(
        first.key.starts_with('3') && last.key.starts_with('2'),
        "in the order of their starts: {every:?}"
    );
    for states in
        [vec![], vec![InstanceState::Running], vec![InstanceState::Completed, InstanceState::Aborted]]
    {
        let selected = |it: &&Instance| states.is_empty() || states.contains(&it.state);
        let expected: Vec<_> = every.iter().filter(selected).cloned().collect();
        let mut query = InstanceQuery { states: states.clone(), ..InstanceQuery::first(2) };
        let mut read: Vec<Instance> = Vec::new();
        loop {
            let page = store.instances(lease.generation, &query).await.expect("the store can be read");
            assert!(page.len() <= 2, "{page:?}");
            let Some(last) = page.last() else { break };
            query.after = Some(last.cursor());
            read.extend(page);
        }
        assert_eq!(read, expected, "{states:?}");
    }
    let of = |states: Vec<_>, key: &str| InstanceQuery {
        key: Some(key.to_owned()),
        states,
        ..InstanceQuery::first(9)
    };
    let completed = store.instances(lease.generation, &of(vec![InstanceState::Completed], "2a")).await;
    assert_eq!(completed.expect("the store can be read"), [], "it is running");
}

pub(crate) async fn an_aborted_instance_loses_its_timers<S: ReadModelStore>(store: ReadModels<S>) {
    let lease = store.process(1).await;
    store.steps(&lease, &[step("a"), step("b")]).await;
    store.change(&lease, &set(&[timer("a", "x", 1), timer("a", "y", 2), timer("b", "x", 3)])).await;
    assert!(requested(&store, lease.generation, "a", &suspend()).await);
    assert_eq!(store.every_timer(lease.generation).await.len(), 3, "they wait");
    assert!(requested(&store, lease.generation, "a", &abort()).await);
    assert_eq!(store.every_timer(lease.generation).await, [timer("b", "x", 3)]);
}

/// In each round a step of an instance is committed while an operator aborts it.
pub(crate) async fn an_instance_that_is_aborted_during_a_step_has_no_timers<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let lease = store.process(1).await;
    for round in 0..20 {
        let key = format!("instance-{round}");
        store.steps(&lease, &[step(&key)]).await;
        store.change(&lease, &set(&[timer(&key, "x", 1), timer(&key, "y", 1)])).await;
        race(2, |task| {
            let (store, lease, key) = (store.clone(), lease.clone(), key.clone());
            async move {
                if task == 0 {
                    assert!(requested(&store, lease.generation, &key, &abort()).await);
                    return;
                }
                let mut transaction = store.begun(&lease).await;
                let armed = set(&[timer(&key, "x", 2), timer(&key, "z", 2)]);
                transaction.change_timers(&lease, &armed).await.expect("it can be set");
                let held = transaction.change_instances(&lease, &[step(&key)]).await.expect("it is written");
                match held.is_empty() {
                    true => store.committed(transaction).await,
                    false => transaction.roll_back().await.expect("the connection works"),
                }
            }
        })
        .await;
        assert_eq!(found(&store, &lease, &key).await.state, InstanceState::Aborted);
        assert_eq!(store.every_timer(lease.generation).await, []);
    }
}

pub(crate) async fn steps_of_instances_commit_with_the_rest_of_the_transaction<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let lease = store.process(1).await;
    for commits in [false, true] {
        let mut transaction = store.begun(&lease).await;
        let changes = [step("a"), last_step("b")];
        transaction.change_instances(&lease, &changes).await.expect("the store can be written");
        store.advanced(&mut transaction, &lease, 7, 1).await;
        assert_eq!(store.every_instance(lease.generation).await, [], "not before it is committed");
        if commits {
            store.committed(transaction).await;
        } else {
            drop(transaction);
            // Waits until the transaction has ended.
            store.begun(&lease).await.roll_back().await.expect("the connection works");
            assert_eq!(store.every_instance(lease.generation).await, []);
        }
    }
    assert_eq!(store.every_instance(lease.generation).await.len(), 2);
    assert_eq!(store.checkpoint(lease.generation).await.position, Position::new(7));
}

pub(crate) async fn instances_are_deleted_with_their_generation<S: ReadModelStore>(store: ReadModels<S>) {
    let live = store.make(&balances()).await;
    let building = store.made(&balances(), REBUILD).await.expect("a generation is made");
    let lease = store.lease(building).await;
    store.steps(&lease, &[step("a")]).await;
    assert_eq!(store.every_instance(live).await, [], "it is of another generation");
    store.release(&lease).await.expect("the store can be written");
    eventually("the generation is abandoned", || async { store.abandon(building).await.is_ok() }).await;
    assert_eq!(store.every_instance(building).await, []);
}
