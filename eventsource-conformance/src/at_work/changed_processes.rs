//! A process of which a new release has other effects and a new version of its own event, deployed while the old release
//! runs.

use eventsource::{
    Aggregate, Apply, Event, FailurePolicy, OnFailure, Schema,
    reacting::{Correlate, Due, Effects, Fx, Input, Process},
    store::{ReadModelStore, StartAt},
};
use serde::{Deserialize, Serialize};

use super::processes::total_of_tally;
use crate::support::{
    ReadModels, TallyEvent, add, added, called, ended, eventually, included, race, started_with, status,
    stream_of,
};

/// A release: its type of event, how that is made of a tally and an amount, and where it pays to.
macro_rules! release {
    ($release:ident { $($event:tt)* } ($to:ident, $amount:ident) => $made:expr, $tally:literal) => {
        mod $release {
            use super::*;

            #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
            #[event(category = "payout")]
            pub(super) enum PayoutEvent { $($event)* }

            /// Pays what is added to a tally `in-…` out to another one.
            #[derive(Debug, Clone, Default)]
            pub(super) struct Payout;

            impl Aggregate for Payout {
                type Event = PayoutEvent;
                type Id = String;
            }

            impl Apply<PayoutEvent> for Payout {
                fn apply(&mut self, _: PayoutEvent) {}
            }

            impl Effects for Payout {
                fn effects(event: &PayoutEvent, fx: &mut Fx<'_, Self>) {
                    let PayoutEvent::Paid { to, amount, .. } = event;
                    fx.must_execute(add(&format!(concat!($tally, "-{}"), to), *amount));
                }

                fn on_failure() -> FailurePolicy {
                    FailurePolicy::default().attempts(1).then(OnFailure::Park)
                }
            }

            impl Process for Payout {
                type Input = TallyEvent;
                const NAME: &'static str = "payouts";
                const PARTITIONS: u32 = 4;

                fn correlate(input: Input<'_, TallyEvent>) -> Correlate<String> {
                    match input.aggregate_id().strip_prefix("in-") {
                        Some(id) => Correlate::StartOrContinue(id.to_owned()),
                        None => Correlate::Ignore,
                    }
                }

                fn on(&self, input: Input<'_, TallyEvent>) -> Vec<PayoutEvent> {
                    let TallyEvent::Added { $amount } = *input.event else { return Vec::new() };
                    let $to = input.aggregate_id().trim_start_matches("in-").to_owned();
                    vec![$made]
                }

                fn on_timer(&self, _: Due<'_>) -> Vec<PayoutEvent> {
                    Vec::new()
                }
            }
        }
    };
}

release!(old { Paid { to: String, amount: u64 } } (to, amount) => PayoutEvent::Paid { to, amount }, "out");

#[derive(Deserialize, Schema)]
struct PaidV1 {
    to: String,
    amount: u64,
}

impl From<PaidV1> for newer::PayoutEvent {
    fn from(PaidV1 { to, amount }: PaidV1) -> Self {
        Self::Paid { to, amount, fee: 0 }
    }
}

release!(newer {
    #[event(version = 2, from(PaidV1))]
    Paid { to: String, amount: u64, fee: u64 }
} (to, amount) => PayoutEvent::Paid { to, amount, fee: 1 }, "paid");

const PAYOUTS: usize = 8;

pub(crate) async fn a_deploy_of_other_effects_and_another_version_makes_each_step_once<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let old = store.program().process::<old::Payout>(StartAt::Beginning).build();
    let newer = store.program().process::<newer::Payout>(StartAt::Beginning).build();
    let add_to_all = |amount| {
        let program = newer.clone();
        race(PAYOUTS, move |n| {
            let program = program.clone();
            async move {
                _ = added(&program, &format!("in-{n}"), amount).await;
            }
        })
    };
    add_to_all(1).await;
    let old_workers = started_with(&old, called("old")).await;
    included(&old, "payouts", store.add_something_else().await).await;
    for n in 0..PAYOUTS {
        assert_eq!(total_of_tally(&old, &format!("out-{n}")).await, (1, 1), "by the old release");
    }
    let workers = started_with(&newer, called("newer")).await;
    eventually("both releases have partitions", || async {
        let owners = status(&newer, "payouts").await.owners;
        let has = |name: &str| owners.iter().any(|it| it.lives && it.application == name);
        if has("old") && has("newer") { Ok(()) } else { Err(owners) }
    })
    .await;
    // From here on an instance may have an event that the old release cannot read.
    for amount in [10, 100, 1_000] {
        add_to_all(amount).await;
    }
    eventually("the new release has made a step", || async {
        let mut paid = 0;
        for n in 0..PAYOUTS {
            paid += total_of_tally(&newer, &format!("paid-{n}")).await.1;
        }
        if paid > 0 { Ok(()) } else { Err(paid) }
    })
    .await;
    ended(old_workers).await;
    add_to_all(10_000).await;
    included(&newer, "payouts", store.add_something_else().await).await;
    for n in 0..PAYOUTS {
        let (out, by_old) = total_of_tally(&newer, &format!("out-{n}")).await;
        let (paid, by_newer) = total_of_tally(&newer, &format!("paid-{n}")).await;
        assert_eq!((out + paid, by_old + by_newer), (11_111, 5), "{n}: {out} and {paid}");
        assert!(paid >= 10_000, "{n}: the last step is made by the new release");
        let steps = store.events().events_of(&stream_of::<newer::PayoutEvent>(&n.to_string())).await;
        let versions: Vec<_> = steps.iter().map(|event| event.context.schema_version).collect();
        assert_eq!(versions.len(), 5, "{n}");
        let of_old = versions.iter().filter(|version| **version == 1).count();
        assert_eq!(of_old as u64, by_old, "{n}: the effects are those of the release that made the step");
    }
    assert_eq!(newer.parked("payouts").await.expect("the store can be read").events, []);
    ended(workers).await;
}
