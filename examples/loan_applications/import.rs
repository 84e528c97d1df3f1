//! Turning the rows of a log into commands.
//!
//! The rows of one application are executed in their order, many applications at a time. Each command has an
//! idempotency key made of the ordinal of its row within its application, so an interrupted import is simply run
//! again. A row that is recorded already is recognised by one index lookup before anything is loaded, and is not
//! recorded again, even if two imports run concurrently. Comparing the number of an application's rows with the
//! version of its stream would need one read for all rows, but two concurrent imports could then record a row
//! twice.
//!
//! A rejected row ends the import of its application, because later rows refer to a state that never existed. If
//! the import is run again, the row is handled on the same state and rejected again.

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

/// The result of an import.
#[derive(Debug, Default)]
pub struct Tally {
    /// Commands that were executed, with any outcome.
    pub executed: usize,
    /// Commands that had been executed by an earlier import.
    pub repeated: usize,
    /// Commands that were rejected.
    pub rejected: Vec<Rejection>,
    /// The position of the last of their events.
    pub position: Position,
}

/// A row that the domain does not allow.
#[derive(Debug)]
pub struct Rejection {
    pub line: u64,
    pub application: ApplicationId,
    pub activity: Activity,
    pub reason: Refusal,
    /// How many later rows of the application were skipped.
    pub left_out: Vec<Activity>,
}

/// Why an import stopped.
#[derive(Debug, thiserror::Error)]
#[error("line {line} was not recorded; run the import again, it continues where it stopped")]
pub struct ImportError {
    line: u64,
    source: ExecuteError<Refusal>,
}

/// Executes the commands of all rows, with this many applications in flight.
///
/// # Errors
///
/// The first failure that is not a rejection ends the import. Recorded rows stay recorded, and are recognised when
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
        // A `JoinError` can only be a panic: no task is aborted while the set is awaited.
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
