//! Policies of a program that does not know the events which a newer program has recorded for the aggregates that they
//! command.

use eventsource::{
    Aggregate, Apply, Command, Event, FailurePolicy, Handle, Position, Recorded,
    projections::ProjectionState,
    reacting::{Policy, Reactions},
    store::{Append, ExpectedVersion, NewEvent, ReadModelStore, StartAt},
};
use serde::{Deserialize, Serialize};

use crate::support::{
    Program, ReadModels, TallyEvent, added, called, ended, eventually, included, started_with, status,
};

/// The same aggregate in an old program and in a newer one, with the policy that commands it.
macro_rules! release {
    ($release:ident { $($variants:tt)* }) => {
        mod $release {
            use super::*;

            #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
            #[event(category = "purse")]
            pub(super) enum PurseEvent { $($variants)* }

            #[derive(Debug, Clone, Default, Aggregate)]
            #[aggregate(event = PurseEvent, id = String)]
            struct Purse;

            impl Apply<PurseEvent> for Purse {
                fn apply(&mut self, _: PurseEvent) {}
            }

            #[derive(Debug, Command)]
            #[command(aggregate = Purse)]
            struct Fill {
                #[command(id)]
                purse: String,
            }

            impl Handle<Fill> for Purse {
                type Error = std::convert::Infallible;

                fn handle(&self, _: &Fill) -> Result<Vec<PurseEvent>, Self::Error> {
                    Ok(vec![PurseEvent::filled()])
                }
            }

            /// Fills the purse that has the id of the tally.
            pub(super) struct FillPurses;

            impl Policy for FillPurses {
                type Event = TallyEvent;
                const NAME: &'static str = "fill_purses";

                fn react(&self, event: &Recorded<TallyEvent>) -> Reactions {
                    Reactions::execute(Fill { purse: event.aggregate_id().to_owned() })
                }

                fn on_failure(&self) -> FailurePolicy {
                    FailurePolicy::default().attempts(1)
                }
            }
        }
    };
}

release!(old { Filled });
release!(with_new_type { Filled, Emptied });
release!(with_new_version {
    #[event(version = 2, from(FilledV1))]
    Filled { coins: u32 },
});

#[derive(Deserialize, eventsource::Schema)]
struct FilledV1 {}

impl From<FilledV1> for with_new_version::PurseEvent {
    fn from(_: FilledV1) -> Self {
        Self::Filled { coins: 0 }
    }
}

impl old::PurseEvent {
    fn filled() -> Self {
        Self::Filled
    }
}

impl with_new_type::PurseEvent {
    fn filled() -> Self {
        Self::Filled
    }
}

impl with_new_version::PurseEvent {
    fn filled() -> Self {
        Self::Filled { coins: 1 }
    }
}

impl<S: ReadModelStore> ReadModels<S> {
    async fn fillings_of(&self, purse: &str) -> usize {
        let events = self.events().events_of(&stream(purse)).await;
        events.iter().filter(|event| event.context.metadata.causation_id.is_some()).count()
    }
}

fn stream(purse: &str) -> eventsource::StreamId {
    eventsource::StreamId::new("purse", purse).expect("a valid id")
}

/// When the old program ends.
#[derive(PartialEq)]
enum Ends {
    /// Before the newer one starts.
    Before,
    /// After the newer one has reacted to everything.
    After,
}

/// The old program reaches the purse `b`, which has an event that it does not know. Another program replaces it.
async fn replaced<S: ReadModelStore>(
    store: &ReadModels<S>,
    newer: Program<S>,
    missing: &str,
    old_ends: Ends,
) {
    let old = store.program().policy(old::FillPurses, StartAt::Beginning).build();
    let before = added(&old, "a", 1).await;
    added(&old, "b", 1).await;
    let last = added(&old, "c", 1).await;
    let workers = started_with(&old, called("old")).await;
    eventually("the old program says what it needs", || async {
        let status = status(&old, "fill_purses").await;
        match status.last_error {
            Some(error) if error.contains(missing) => Ok(()),
            error => Err((error, status.position)),
        }
    })
    .await;
    included(&old, "fill_purses", before).await;
    assert_eq!(store.fillings_of("a").await, 1, "what came before it was reacted to");

    let mut workers = Some(workers);
    if old_ends == Ends::Before
        && let Some(workers) = workers.take()
    {
        ended(workers).await;
    }
    let left = status(&newer, "fill_purses").await;
    assert!(!matches!(left.state, ProjectionState::Stopped(_)), "it has waited, and not stopped: {left}");
    assert_eq!(left.parked, 0);
    let newer_workers = started_with(&newer, called("newer")).await;
    included(&newer, "fill_purses", last).await;
    for purse in ["a", "b", "c"] {
        assert_eq!(store.fillings_of(purse).await, 1, "{purse} is filled once");
    }
    assert_eq!(status(&newer, "fill_purses").await.last_error, None);
    ended(newer_workers).await;
    if let Some(workers) = workers {
        ended(workers).await;
    }
}

pub(crate) async fn a_policy_waits_for_a_program_that_knows_the_type_of_an_event_of_its_aggregate<
    S: ReadModelStore,
>(
    store: ReadModels<S>,
) {
    store.recorded("b", with_new_type::PurseEvent::Emptied).await;
    let newer = store.program().policy(with_new_type::FillPurses, StartAt::Beginning).build();
    replaced(&store, newer, "cannot decode `purse.emptied` v1", Ends::Before).await;
}

pub(crate) async fn a_partition_that_an_old_program_cannot_continue_with_is_left_to_a_newer_one<
    S: ReadModelStore,
>(
    store: ReadModels<S>,
) {
    store.recorded("b", with_new_type::PurseEvent::Emptied).await;
    let newer = store.program().policy(with_new_type::FillPurses, StartAt::Beginning).build();
    replaced(&store, newer, "cannot decode `purse.emptied` v1", Ends::After).await;
}

pub(crate) async fn a_policy_waits_for_a_program_that_knows_the_version_of_an_event_of_its_aggregate<
    S: ReadModelStore,
>(
    store: ReadModels<S>,
) {
    store.recorded("b", with_new_version::PurseEvent::Filled { coins: 5 }).await;
    let newer = store.program().policy(with_new_version::FillPurses, StartAt::Beginning).build();
    replaced(&store, newer, "cannot decode `purse.filled` v2", Ends::Before).await;
}

pub(crate) async fn a_policy_stops_at_an_aggregate_with_an_event_that_no_program_can_decode<
    S: ReadModelStore,
>(
    store: ReadModels<S>,
) {
    let broken = NewEvent {
        event_type: "purse.filled".into(),
        schema_version: 2,
        ..crate::support::event(r#"{"coins":"five"}"#)
    };
    let append = Append::to(stream("a"), ExpectedVersion::Any, vec![broken]);
    store.append(append).await.expect("the append is accepted");
    let policy = with_new_version::FillPurses;
    let program = store.program().policy(policy, StartAt::Beginning).build();
    let at: Position = added(&program, "a", 1).await;
    let workers = started_with(&program, called("program")).await;
    eventually("it stops", || async {
        let status = status(&program, "fill_purses").await;
        match status.state {
            ProjectionState::Stopped(reason) if reason.to_string().contains("broken at `coins`") => Ok(()),
            state => Err((state, status.position)),
        }
    })
    .await;
    assert!(status(&program, "fill_purses").await.position < at);
    ended(workers).await;
}
