//! An event handler with an effect that must not be repeated: it prints letters.

use std::{
    collections::VecDeque,
    future::pending,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use eventsource::{Delivery, EventHandler, FailurePolicy, OnFailure, ProjectionError, reacting::Once};

use super::{Gate, TallyEvent};

/// What happens to a letter.
pub(crate) enum Printing {
    /// It is printed, and reported; then the handler fails for another reason.
    ReportedThenFailed,
    /// It is printed, and the handler fails without a report.
    PrintedThenFailed,
    /// It is not printed, and the handler reports that and fails.
    Refused,
    /// It is printed, and the handler never returns. It knocks at the gate.
    PrintedThenHung(Gate),
}

/// Prints a letter for each event of a tally. `RENAMED` has another name.
#[derive(Clone, Default)]
pub(crate) struct Letters<const RENAMED: bool = false> {
    state: Arc<Mutex<State>>,
    parks: bool,
}

#[derive(Default)]
struct State {
    /// What happens next; then letters are printed and reported.
    script: VecDeque<Printing>,
    /// The versions whose letter was printed, one entry for each sheet.
    printed: Vec<u64>,
    /// What the handler has found, delivery by delivery.
    found: Vec<String>,
}

impl<const RENAMED: bool> Letters<RENAMED> {
    pub(crate) fn that(script: impl IntoIterator<Item = Printing>) -> Self {
        let script = script.into_iter().collect();
        Self { state: Arc::new(Mutex::new(State { script, ..State::default() })), parks: false }
    }

    pub(crate) fn parking(self) -> Self {
        Self { parks: true, ..self }
    }

    /// The same printer, with the handler under its new name.
    pub(crate) fn renamed(&self) -> Letters<true> {
        Letters { state: Arc::clone(&self.state), parks: self.parks }
    }

    pub(crate) fn printed(&self) -> Vec<u64> {
        self.state().printed.clone()
    }

    pub(crate) fn found(&self) -> Vec<String> {
        self.state().found.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn print(&self, version: u64) -> u64 {
        let mut state = self.state();
        state.printed.push(version);
        state.printed.len() as u64
    }

    fn found_it(&self, what: impl Into<String>) {
        self.state().found.push(what.into());
    }
}

#[async_trait]
impl<const RENAMED: bool> EventHandler for Letters<RENAMED> {
    type Event = TallyEvent;
    const NAME: &'static str = if RENAMED { "printed_letters" } else { "letters" };
    const WAS: &'static [&'static str] = if RENAMED { &["letters"] } else { &[] };

    async fn handle(&self, event: Delivery<'_, TallyEvent>) -> Result<(), ProjectionError> {
        let version = event.context.version.get();
        match event.once::<u64>("letter").await? {
            Once::Fresh(attempt) => {
                self.found_it("fresh");
                let next = self.state().script.pop_front();
                match next {
                    None => {
                        attempt.done(self.print(version)).await?;
                    }
                    Some(Printing::ReportedThenFailed) => {
                        attempt.done(self.print(version)).await?;
                        return Err(ProjectionError::new("another service is down"));
                    }
                    Some(Printing::PrintedThenFailed) => {
                        self.print(version);
                        return Err(ProjectionError::new("the printer does not answer"));
                    }
                    Some(Printing::Refused) => {
                        attempt.not_done().await?;
                        return Err(ProjectionError::new("there is no paper"));
                    }
                    Some(Printing::PrintedThenHung(gate)) => {
                        self.print(version);
                        gate.knock();
                        pending::<()>().await;
                    }
                }
            }
            Once::Done(sheet) => self.found_it(format!("done on sheet {sheet}")),
            Once::Unknown(attempt) => {
                self.found_it("unknown");
                let sheet = self.state().printed.iter().position(|printed| *printed == version);
                match sheet {
                    Some(sheet) => _ = attempt.done(sheet as u64 + 1).await?,
                    None => attempt.not_done().await?,
                }
            }
        }
        Ok(())
    }

    fn on_failure(&self) -> FailurePolicy {
        let then = if self.parks { OnFailure::Park } else { OnFailure::Stop };
        let short = Duration::from_millis(1);
        let attempts = if self.parks { 1 } else { 5 };
        FailurePolicy::default().attempts(attempts).min_delay(short).max_delay(short).then(then)
    }
}
