//! Lists of appends, each of which may depend on the earlier ones.

use std::{future::ready, sync::Arc};

use eventsource_core::store::{
    Append, DependentAppends,
    rules::{DecidedVersions, Plan},
};

use super::AppendResult;

/// Whether the earlier appends of a list were stored with the versions that later ones expect.
#[derive(Debug, Default)]
pub(super) enum ChainState {
    #[default]
    Intact,
    /// Some were not; this tracks them.
    Broken(DependentAppends),
}

/// Decides on these entries, each of which is a list or a single append.
pub(super) async fn plan_all<'a>(
    plan: &mut Plan<'a>,
    jobs: impl Iterator<Item = (&'a [Arc<Append>], Option<&'a mut ChainState>)>,
) -> Vec<Vec<AppendResult>> {
    let mut outcomes = Vec::new();
    for (appends, chain) in jobs {
        let mut answers = Vec::with_capacity(appends.len());
        match chain {
            None => answers.extend(appends.iter().map(|append| plan.append(append))),
            Some(chain) => {
                for append in appends {
                    answers.push(plan_next(plan, append, chain).await);
                }
            }
        }
        outcomes.push(answers);
    }
    outcomes
}

/// Decides on the next append of a list, which may be invalid.
async fn plan_next<'a>(plan: &mut Plan<'a>, append: &'a Append, chain: &mut ChainState) -> AppendResult {
    match chain {
        ChainState::Intact => {
            let outcome = match append.validate() {
                Ok(()) => plan.append(append),
                Err(invalid) => Err(invalid.into()),
            };
            if is_stored_as_decided(append, &outcome) {
                return outcome;
            }
            let mut dependent = DependentAppends::new();
            let outcome = dependent.append(append.clone(), |_| ready(outcome)).await;
            *chain = ChainState::Broken(dependent);
            outcome
        }
        ChainState::Broken(dependent) => {
            // Decided on with the adjusted expectations, and stored as given: only the expected versions differ.
            let call = |doubted: Append| {
                if let Err(invalid) = append.validate() {
                    return ready(Err(invalid.into()));
                }
                let decided = plan.decide(&doubted);
                ready(decided.map(|receipts| receipts.unwrap_or_else(|| plan.store(append))))
            };
            dependent.append(append.clone(), call).await
        }
    }
}

fn is_stored_as_decided(append: &Append, outcome: &AppendResult) -> bool {
    outcome.as_ref().is_ok_and(|receipts| DecidedVersions::of(append).are_in(receipts))
}
