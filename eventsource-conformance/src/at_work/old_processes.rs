//! Processes of a program that does not know the events which a newer program has recorded for their instances.

use eventsource::{
    Aggregate, Apply, Event, FailurePolicy, OnFailure,
    projections::ProjectionState,
    reacting::{Correlate, Due, Effects, Fx, Input, Process},
    store::{ReadModelStore, StartAt},
};
use serde::{Deserialize, Serialize};

use crate::support::{
    ReadModels, TallyEvent, added, called, ended, eventually, included, started_with, status,
};

/// The same process in an old program and in a newer one.
macro_rules! release {
    ($release:ident { $($variants:tt)* }) => {
        mod $release {
            use super::*;

            #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
            #[event(category = "walk")]
            pub(super) enum WalkEvent { $($variants)* }

            /// Makes a step for each event of the tally that has its id.
            #[derive(Debug, Clone, Default)]
            pub(super) struct Walk;

            impl Aggregate for Walk {
                type Event = WalkEvent;
                type Id = String;
            }

            impl Apply<WalkEvent> for Walk {
                fn apply(&mut self, _: WalkEvent) {}
            }

            impl Effects for Walk {
                fn effects(_: &WalkEvent, _: &mut Fx<'_, Self>) {}

                fn on_failure() -> FailurePolicy {
                    FailurePolicy::default().attempts(1).then(OnFailure::Park)
                }
            }

            impl Process for Walk {
                type Input = TallyEvent;
                const NAME: &'static str = "walks";

                fn correlate(input: Input<'_, TallyEvent>) -> Correlate<String> {
                    Correlate::StartOrContinue(input.aggregate_id().to_owned())
                }

                fn on(&self, _: Input<'_, TallyEvent>) -> Vec<WalkEvent> {
                    vec![WalkEvent::Stepped]
                }

                fn on_timer(&self, _: Due<'_>) -> Vec<WalkEvent> {
                    Vec::new()
                }
            }
        }
    };
}

release!(old { Stepped });
release!(newer { Stepped, Rested });

impl<S: ReadModelStore> ReadModels<S> {
    async fn steps_of(&self, walk: &str) -> usize {
        let stream = eventsource::StreamId::new("walk", walk).expect("a valid id");
        let events = self.events().events_of(&stream).await;
        events.iter().filter(|event| &*event.context.event_type == "walk.stepped").count()
    }
}

pub(crate) async fn a_process_waits_for_a_program_that_knows_the_type_of_an_event_of_its_instance<
    S: ReadModelStore,
>(
    store: ReadModels<S>,
) {
    let old = store.program().process::<old::Walk>(StartAt::Beginning).build();
    store.recorded("b", newer::WalkEvent::Rested).await;
    let before = added(&old, "a", 1).await;
    added(&old, "b", 1).await;
    let last = added(&old, "c", 1).await;
    let workers = started_with(&old, called("old")).await;
    eventually("the old program says what it needs", || async {
        let status = status(&old, "walks").await;
        match status.last_error {
            Some(error) if error.contains("cannot decode `walk.rested` v1") => Ok(()),
            error => Err((error, status.position)),
        }
    })
    .await;
    included(&old, "walks", before).await;
    assert_eq!(store.steps_of("a").await, 1, "what came before it was reacted to");

    ended(workers).await;
    let newer = store.program().process::<newer::Walk>(StartAt::Beginning).build();
    let left = status(&newer, "walks").await;
    assert!(!matches!(left.state, ProjectionState::Stopped(_)), "it has waited, and not stopped: {left}");
    assert_eq!(left.parked, 0);
    let workers = started_with(&newer, called("newer")).await;
    included(&newer, "walks", last).await;
    for walk in ["a", "b", "c"] {
        assert_eq!(store.steps_of(walk).await, 1, "{walk} has made its step once");
    }
    assert_eq!(status(&newer, "walks").await.last_error, None);
    ended(workers).await;
}
