//! A log to replay: that of the bank, or the sample of the example, repeated.

use std::{collections::BTreeMap, path::Path};

use eventsource::{
    Metadata, StreamId,
    store::{Append, EventStore, ExpectedVersion, NewEvent, StreamAppend},
};
use sqlx::{Connection, PgConnection};

use crate::{
    ApplicationEvent, Error,
    loan_applications::{
        activity::{Activity, Lifecycle},
        domain::{Euros, OfferNumber},
        input::{Input, Row},
    },
};

/// How many events are appended at a time.
const CHUNK: usize = 2_000;
/// How many events are sorted at a time.
const BLOCK: usize = 50_000;

/// Loan applications, repeated with other numbers as often as needed.
#[derive(Debug)]
pub struct Log {
    input: Input,
}

/// An event to append, and its place in the log.
struct Placed {
    place: usize,
    application: u32,
    amount: Euros,
    offer: OfferNumber,
    row: Row,
}

impl Log {
    /// The log in a file, or the sample of the example.
    ///
    /// # Errors
    ///
    /// If the file cannot be read.
    pub fn of(data: Option<&Path>) -> Result<Self, Error> {
        Ok(Self {
            input: match data {
                Some(path) => Input::from_file(path)?,
                None => Input::sample()?,
            },
        })
    }

    /// Appends this many events to a store, in the order of the log, in which many applications are interleaved.
    ///
    /// # Errors
    ///
    /// If the store refuses.
    pub async fn append(&self, store: &impl EventStore, events: usize) -> Result<(), Error> {
        let rows = self.input.rows();
        let (mut left, mut round) = (events, 0);
        while left > 0 {
            // A short log is repeated many times in parallel, each time a little later.
            let rounds = (BLOCK / rows).max(1);
            let mut block: Vec<_> =
                (0..rounds).flat_map(|index| self.placed(round + index, index * (rows / 10))).collect();
            block.sort_by_key(|placed| placed.place);
            block.truncate(left);
            for chunk in block.chunks(CHUNK) {
                append(store, chunk).await?;
            }
            left -= block.len();
            round += rounds;
        }
        Ok(())
    }

    /// One repetition of the log.
    fn placed(&self, round: usize, later: usize) -> impl Iterator<Item = Placed> {
        let first = u32::try_from(round).unwrap_or(u32::MAX).saturating_mul(1_000_000);
        self.input.applications.iter().flat_map(move |rows| {
            let mut offers = 0;
            rows.rows.iter().map(move |row| {
                offers += u32::from(row.activity == Activity::OfferSelected);
                let place = usize::try_from(row.line).unwrap_or(usize::MAX) + later;
                let application = first + rows.application.0;
                Placed { place, application, amount: rows.amount, offer: OfferNumber(offers), row: *row }
            })
        })
    }
}

async fn append(store: &impl EventStore, chunk: &[Placed]) -> Result<(), Error> {
    let mut streams: BTreeMap<u32, Vec<NewEvent>> = BTreeMap::new();
    for placed in chunk {
        let event = NewEvent::encode(&placed.event(), Metadata::default())?;
        streams.entry(placed.application).or_default().push(event);
    }
    let stream = |(application, events): (u32, _)| {
        let stream = StreamId::new("loan_application", application.to_string())?;
        Ok(StreamAppend { stream, expected: ExpectedVersion::Any, events })
    };
    let streams = streams.into_iter().map(stream).collect::<Result<_, Error>>()?;
    store.append(Append { streams, idempotency_key: None, request: None }).await?;
    Ok(())
}

impl Placed {
    fn event(&self) -> ApplicationEvent {
        let act = self.row.act;
        let on_offer = || act.on_offer(self.offer);
        match self.row.activity {
            Activity::Submitted => ApplicationEvent::Submitted(act.asking(self.amount)),
            Activity::PartlySubmitted => ApplicationEvent::PartlySubmitted(act),
            Activity::Preaccepted => ApplicationEvent::Preaccepted(act),
            Activity::Accepted => ApplicationEvent::Accepted(act),
            Activity::Finalized => ApplicationEvent::Finalized(act),
            Activity::Approved => ApplicationEvent::Approved(act),
            Activity::Registered => ApplicationEvent::Registered(act),
            Activity::Activated => ApplicationEvent::Activated(act),
            Activity::Declined => ApplicationEvent::Declined(act),
            Activity::Cancelled => ApplicationEvent::Cancelled(act),
            Activity::OfferSelected => ApplicationEvent::OfferSelected(on_offer()),
            Activity::OfferCreated => ApplicationEvent::OfferCreated(on_offer()),
            Activity::OfferSent => ApplicationEvent::OfferSent(on_offer()),
            Activity::OfferSentBack => ApplicationEvent::OfferSentBack(on_offer()),
            Activity::OfferAccepted => ApplicationEvent::OfferAccepted(on_offer()),
            Activity::OfferCancelled => ApplicationEvent::OfferCancelled(on_offer()),
            Activity::OfferDeclined => ApplicationEvent::OfferDeclined(on_offer()),
            Activity::Work(work) => match self.row.lifecycle {
                Lifecycle::Schedule => ApplicationEvent::WorkScheduled(act.on_work(work)),
                Lifecycle::Start => ApplicationEvent::WorkStarted(act.on_work(work)),
                Lifecycle::Complete => ApplicationEvent::WorkCompleted(act.on_work(work)),
            },
        }
    }
}

/// Vacuums, analyses and checkpoints the prepared data before anything is measured.
///
/// # Errors
///
/// If the server refuses.
pub async fn vacuum_and_checkpoint(url: &str) -> Result<(), Error> {
    let mut connection = PgConnection::connect(url).await?;
    for statement in ["vacuum analyze", "checkpoint"] {
        sqlx::query(statement).execute(&mut connection).await?;
    }
    Ok(connection.close().await?)
}
