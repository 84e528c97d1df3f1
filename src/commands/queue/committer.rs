//! The task that commits pending appends, one group after the other.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::oneshot;

use super::{
    handle::QueueHandle,
    pending::{AppendOutcome, PendingAppend, PendingAppends},
};
use crate::{
    Aggregate, Snapshot, Version,
    commands::engine::CommandEngine,
    store::{Append, AppendError, EventStore, Receipt, StoreError, rules::DecidedVersions},
};

/// After this many groups in a row there is a pause of two round trips. Another process that needs the same aggregate
/// has to load the new events and to append, and would otherwise be too late each time.
const PAUSE_EVERY: u32 = 16;
/// The longest pause: a group may have taken long because of an outage.
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

/// Commits until nothing is pending. It runs on a separate task, so that it continues when the first caller is
/// dropped.
pub(super) async fn commit_pending<A: Aggregate, S: EventStore>(
    mut committer: Committer<A>,
    engine: Arc<CommandEngine<S>>,
) {
    committer.progress = Progress::Begun;
    let mut batches: u32 = 0;
    let mut left_last = None;
    while let Some(appends) = committer.handle.pending.take() {
        let since = Instant::now();
        let (appends, waiting): (Vec<_>, Vec<_>) = appends.into_iter().map(Awaited::of).unzip();
        let outcomes = engine.appender.append_each(appends).await;
        answer_callers(&committer.handle.pending, &engine, &mut left_last, waiting, outcomes);
        batches = batches.wrapping_add(1);
        if batches.is_multiple_of(PAUSE_EVERY) {
            tokio::time::sleep(pause_after(since.elapsed())).await;
        }
    }
    committer.progress = Progress::Done;
    committer.handle.apply_stored();
}

/// The one committer of a queue. It exists before its task does, so that the epoch ends even if the task never runs:
/// because the store panics, the runtime shuts down, or the runtime has ended already.
pub(super) struct Committer<A: Aggregate> {
    handle: QueueHandle<A>,
    progress: Progress,
}

#[derive(PartialEq, Eq)]
enum Progress {
    None,
    Begun,
    Done,
}

impl<A: Aggregate> Committer<A> {
    pub(super) fn new(handle: QueueHandle<A>) -> Self {
        Self { handle, progress: Progress::None }
    }
}

impl<A: Aggregate> Drop for Committer<A> {
    fn drop(&mut self) {
        if self.progress == Progress::Done {
            return;
        }
        let mut appends = self.handle.pending.abandon().into_iter();
        if self.progress == Progress::None
            && let Some(PendingAppend { reply, .. }) = appends.next()
        {
            // The first command was executed on this runtime, and would be again.
            let (action, source) = ("appending", "the runtime has ended".into());
            let error = StoreError::Unavailable { action, source };
            let _ = reply.send(AppendOutcome::Done(Err(error.into())));
        }
        answer_stale(appends);
    }
}

/// The caller of an append that is being committed, with what is needed to answer it.
struct Awaited {
    reply: oneshot::Sender<AppendOutcome>,
    snapshot: Option<Snapshot>,
    decided: DecidedVersions,
}

impl Awaited {
    fn of(append: PendingAppend) -> (Append, Self) {
        let PendingAppend { append, snapshot, reply } = append;
        let decided = DecidedVersions::of(&append);
        (append, Self { reply, snapshot, decided })
    }
}

type Outcomes = Vec<Result<Vec<Receipt>, AppendError>>;

/// Answers the callers of one group. `left_last` is the version of the stream after the last append of this process.
fn answer_callers<S: EventStore>(
    pending: &PendingAppends,
    engine: &Arc<CommandEngine<S>>,
    left_last: &mut Option<Version>,
    waiting: Vec<Awaited>,
    outcomes: Outcomes,
) {
    let mut has_failed = false;
    let mut is_own_fault = false;
    let mut answers = Vec::with_capacity(waiting.len());
    for (Awaited { reply, snapshot, decided }, outcome) in waiting.into_iter().zip(outcomes) {
        let outcome = match outcome {
            Ok(receipts) => {
                let is_as_decided = decided.are_in(&receipts);
                let receipt = receipts.into_iter().next().expect("one receipt per stream");
                if let Some(snapshot) = snapshot.filter(|_| is_as_decided && !receipt.repeated) {
                    engine.snapshots.write(snapshot);
                }
                // The command was executed before under its key, and nothing was stored now.
                is_own_fault |= !is_as_decided && !has_failed;
                has_failed |= !is_as_decided;
                *left_last = Some(receipt.version);
                AppendOutcome::Done(Ok(receipt))
            }
            // No other process was faster: the command was handled without the pending appends of this process, as
            // after a panic.
            Err(AppendError::Conflict { actual, .. }) if !has_failed && *left_last == Some(actual) => {
                (has_failed, is_own_fault) = (true, true);
                AppendOutcome::Stale
            }
            Err(AppendError::Conflict { .. }) if is_own_fault => AppendOutcome::Stale,
            // It was handled on a state that does not exist, so the next attempt may produce another append.
            Err(AppendError::Invalid(_)) if has_failed => AppendOutcome::Stale,
            Err(error) => {
                is_own_fault |= !matches!(error, AppendError::Conflict { .. }) && !has_failed;
                has_failed = true;
                AppendOutcome::Done(Err(error))
            }
        };
        answers.push((reply, outcome));
    }
    // Before the callers are answered: a command that is handled again must not start from a stale state.
    let stale = if has_failed { pending.fail() } else { Vec::new() };
    for (reply, outcome) in answers {
        // The caller may have been dropped.
        let _ = reply.send(outcome);
    }
    answer_stale(stale);
}

fn answer_stale(appends: impl IntoIterator<Item = PendingAppend>) {
    for append in appends {
        let _ = append.reply.send(AppendOutcome::Stale);
    }
}

fn pause_after(batch: Duration) -> Duration {
    batch.saturating_mul(2).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_do_not_wait_long_after_an_outage_of_the_store() {
        assert_eq!(pause_after(Duration::from_millis(2)), Duration::from_millis(4));
        assert_eq!(pause_after(Duration::from_secs(10)), LONGEST_PAUSE);
    }
}
