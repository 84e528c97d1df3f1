//! Turning the rows of a log into commands.
//!
//! The rows of one application are executed in their order, many applications at a time. Each command
//! carries an idempotency key made of its row's place among those of its application, so an import that was
//! interrupted is simply run again: a row that is recorded is recognised, by one look into an index and
//! before anything is loaded, and recorded no second time, not even when two imports run at once. To compare
//! the number of an application's rows with the version of its stream instead would be one read for all of
//! them, but would let two imports at once record a row twice.
//!
//! A rejected row ends the import of its application, because the rows after it were written about a state
//! that never was. Run again, it is decided on the same state and rejected again.

use std::num::NonZeroU16;

use eventsource::{
    prelude::*,
    store::{EventStore, Receipt},
};
use indicatif::ProgressBar;
use tokio::task::JoinSet;

use super::{
    activity::{Activity, Lifecycle},
    domain::{self, Application, ApplicationId, Euros, Refusal},
    input::{ApplicationRows, Input, Row},
};

/// What became of the rows of an import.
#[derive(Debug, Default)]
pub struct Tally {
    /// Commands that were executed, whatever the answer.
    pub executed: usize,
    /// Commands that had been executed by an earlier import.
    pub repeated: usize,
    /// Commands that were rejected.
    pub rejected: Vec<Rejection>,
    /// Where the last of their events is in the log.
    pub position: Position,
}

/// A row that the domain does not allow.
#[derive(Debug)]
pub struct Rejection {
    pub line: u64,
    pub application: ApplicationId,
    pub activity: Activity,
    pub reason: Refusal,
    /// How many rows of the application came after it, and were left out.
    pub left_out: Vec<Activity>,
}

/// Why an import stopped.
#[derive(Debug, thiserror::Error)]
#[error("line {line} was not recorded; run the import again, it continues where it stopped")]
pub struct ImportError {
    line: u64,
    source: ExecuteError<Refusal>,
}

/// Executes the commands of all rows, with so many applications in flight.
///
/// # Errors
///
/// The first failure that is no rejection ends the import. What is recorded stays so, and is recognised when
/// the import is run again.
pub async fn import<S: EventStore>(
    es: &EventSource<S>,
    input: Input,
    in_flight: NonZeroU16,
    bar: &ProgressBar,
) -> Result<Tally, ImportError> {
    let mut waiting = input.applications.into_iter();
    let mut running = JoinSet::new();
    let mut tally = Tally::default();
    loop {
        while running.len() < usize::from(in_flight.get()) {
            let Some(application) = waiting.next() else { break };
            running.spawn(import_application(es.clone(), application, bar.clone()));
        }
        let Some(done) = running.join_next().await else { return Ok(tally) };
        // A task ends in a `JoinError` by a panic only: none is aborted while the set is waited for.
        tally.add(done.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))?);
    }
}

async fn import_application<S: EventStore>(
    es: EventSource<S>,
    input: ApplicationRows,
    bar: ProgressBar,
) -> Result<Tally, ImportError> {
    let ApplicationRows { application, amount, rows } = input;
    let mut tally = Tally::default();
    for (place, row) in rows.iter().enumerate() {
        let key = format!("row {}", place + 1);
        tally.executed += 1;
        bar.inc(1);
        match execute(&es, application, amount, *row, key).await {
            Ok(receipt) => {
                tally.repeated += usize::from(receipt.repeated);
                tally.position = tally.position.max(receipt.position);
            }
            Err(ExecuteError::Rejected(reason)) => {
                let left_out = rows[place + 1..].iter().map(|row| row.activity).collect();
                let Row { line, activity, .. } = *row;
                tally.rejected.push(Rejection { line, application, activity, reason, left_out });
                break;
            }
            Err(source) => return Err(ImportError { line: row.line, source }),
        }
    }
    Ok(tally)
}

type Executed = Result<Receipt, ExecuteError<Refusal>>;

/// Executes the command of one row.
async fn execute<S: EventStore>(
    es: &EventSource<S>,
    application: ApplicationId,
    amount: Euros,
    Row { activity, lifecycle, act, .. }: Row,
    key: String,
) -> Executed {
    match activity {
        Activity::Submitted => run(es, domain::Submit { application, amount, act }, key).await,
        Activity::PartlySubmitted => run(es, domain::MarkPartlySubmitted { application, act }, key).await,
        Activity::Preaccepted => run(es, domain::Preaccept { application, act }, key).await,
        Activity::Accepted => run(es, domain::Accept { application, act }, key).await,
        Activity::Finalized => run(es, domain::Finalize { application, act }, key).await,
        Activity::Approved => run(es, domain::Approve { application, act }, key).await,
        Activity::Registered => run(es, domain::Register { application, act }, key).await,
        Activity::Activated => run(es, domain::Activate { application, act }, key).await,
        Activity::Declined => run(es, domain::Decline { application, act }, key).await,
        Activity::Cancelled => run(es, domain::Cancel { application, act }, key).await,
        Activity::OfferSelected => run(es, domain::SelectOffer { application, act }, key).await,
        Activity::OfferCreated => run(es, domain::CreateOffer { application, act }, key).await,
        Activity::OfferSent => run(es, domain::SendOffer { application, act }, key).await,
        Activity::OfferSentBack => run(es, domain::ReceiveOfferBack { application, act }, key).await,
        Activity::OfferAccepted => run(es, domain::AcceptOffer { application, act }, key).await,
        Activity::OfferCancelled => run(es, domain::CancelOffer { application, act }, key).await,
        Activity::OfferDeclined => run(es, domain::DeclineOffer { application, act }, key).await,
        Activity::Work(work) => match lifecycle {
            Lifecycle::Schedule => run(es, domain::ScheduleWork { application, work, act }, key).await,
            Lifecycle::Start => run(es, domain::StartWork { application, work, act }, key).await,
            Lifecycle::Complete => run(es, domain::CompleteWork { application, work, act }, key).await,
        },
    }
}

async fn run<S, C>(es: &EventSource<S>, command: C, key: String) -> Executed
where
    S: EventStore,
    C: Command<Aggregate = Application>,
    Application: Handle<C, Error = Refusal>,
{
    es.execute(command).idempotency_key(key).await
}

impl Tally {
    /// How many events the import added to the store.
    pub fn recorded(&self) -> usize {
        self.executed - self.repeated - self.rejected.len()
    }

    fn add(&mut self, other: Self) {
        self.executed += other.executed;
        self.repeated += other.repeated;
        self.rejected.extend(other.rejected);
        self.position = self.position.max(other.position);
    }
}
