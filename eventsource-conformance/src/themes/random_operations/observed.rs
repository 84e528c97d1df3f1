//! A store, observed through its answers.

use std::{ops::ControlFlow, sync::Arc};

use eventsource::{
    Position, RecordedEvent, Timestamp, Version,
    event::StoredEvent,
    store::{
        Append, AppendError, EventStore, ImportError, Imported, InvalidAppend, LogFilter, LogPage, Receipt,
    },
};

use super::operations::Operation;

/// A store with the events that were stored since the observation began.
pub(super) struct Observed {
    store: Arc<dyn EventStore>,
    start: Position,
    log: Vec<RecordedEvent>,
}

/// The answer to an operation, and the events that it stored. Positions are replaced by ordinals, and times are left
/// out, so that the answers of two stores can be compared.
#[derive(Debug, PartialEq)]
pub(super) struct Answer {
    /// As its debug text, because errors cannot be compared.
    text: String,
    stored: Vec<RecordedEvent>,
}

impl Observed {
    pub(super) async fn since_now(store: Arc<dyn EventStore>) -> Self {
        let mut observed = Self { store, start: Position::START, log: Vec::new() };
        observed.read_on().await;
        observed.start = observed.end();
        observed.log.clear();
        observed
    }

    pub(super) fn log(&self) -> &[RecordedEvent] {
        &self.log
    }

    pub(super) async fn answer(&mut self, operation: &Operation) -> Answer {
        let before = self.log.len();
        let text = match operation {
            Operation::Append(append) => {
                let appended = self.store.append(append.clone()).await;
                self.read_on().await;
                self.appended(append, appended)
            }
            Operation::AppendEach(list) => {
                let appended = self.store.append_each(list.clone()).await;
                self.read_on().await;
                let outcomes = list.iter().zip(appended);
                outcomes.map(|(append, outcome)| self.appended(append, outcome) + "\n").collect()
            }
            Operation::Import(events) => {
                let imported = self.store.import(events).await;
                self.read_on().await;
                format!("{:?}", self.imported(imported))
            }
            Operation::FindReceipt(stream, key) => {
                let found = self.store.find_receipt(stream, key).await;
                format!("{:?}", found.map(|found| self.receipts(found.into_iter().collect())))
            }
            Operation::ReadStream(stream, direction, limit) => {
                let read = self.store.read_stream(stream, *direction, *limit).await;
                format!("{:?}", read.map(|events| self.events(&events)))
            }
            Operation::ReadHistory(stream, after, last) => {
                let mut visited = Vec::new();
                let mut visitor = |version: Version, stored: StoredEvent<'_>| {
                    let StoredEvent { event_type, schema_version, payload, .. } = stored;
                    visited.push(format!("{version} {event_type} {schema_version} {payload}"));
                    if version < *last { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
                };
                let read = self.store.read_history(stream, *after, &mut visitor).await;
                format!("{read:?} {visited:?}")
            }
            Operation::ReadLog { after, filter, limit } => self.pages(*after, filter, *limit).await,
            Operation::SaveSnapshot(snapshot) => {
                format!("{:?}", self.store.save_snapshot(snapshot.clone()).await)
            }
            Operation::LoadSnapshot(stream) => format!("{:?}", self.store.load_snapshot(stream).await),
            Operation::CountTypes(types) => {
                let mut stored = self.store.stored_types(0).await.expect("the log can be read");
                stored.retain(|stored| types.contains(&stored.event_type));
                format!("{stored:?}")
            }
        };
        self.read_on().await;
        Answer { text, stored: self.events(&self.log[before..]) }
    }

    fn appended(&self, append: &Append, outcome: Result<Vec<Receipt>, AppendError>) -> String {
        match outcome {
            // If one stream has another version, and an event of another stream a used id, either may be returned.
            Err(AppendError::Conflict { .. } | AppendError::Invalid(InvalidAppend::UsedEventId { .. }))
                if append.streams.len() > 1 =>
            {
                "a conflict, or a used id".to_owned()
            }
            // Any of several used ids, and any stream with the key, may be named.
            Err(AppendError::Invalid(InvalidAppend::UsedEventId { .. })) => "a used id".to_owned(),
            Err(AppendError::Invalid(InvalidAppend::UsedKey { .. })) => "a used key".to_owned(),
            outcome => format!("{:?}", outcome.map(|receipts| self.receipts(receipts))),
        }
    }

    /// The position of the last event.
    fn end(&self) -> Position {
        self.log.last().map_or(self.start, |event| event.context.position)
    }

    /// Reads the events that were stored since the last read.
    async fn read_on(&mut self) {
        loop {
            let page = self.page(self.end(), &LogFilter::all(), usize::MAX).await;
            self.log.extend(page.events);
            if page.at_head {
                return;
            }
        }
    }

    async fn page(&self, after: Position, filter: &LogFilter, limit: usize) -> LogPage {
        self.store.read_log(after, filter, limit).await.expect("the log can be read")
    }

    /// The events after this ordinal, read page by page, and the horizon of the last page. A store may read more or
    /// fewer pages.
    async fn pages(&self, after: usize, filter: &LogFilter, limit: usize) -> String {
        let mut position = after.checked_sub(1).map_or(self.start, |index| self.log[index].context.position);
        let mut events = Vec::new();
        // Each page has an event, except for the last one.
        for _ in 0..=self.log.len() + 1 {
            let page = self.page(position, filter, limit).await;
            assert!(page.events.len() <= limit, "a page of at most {limit} has {} events", page.events.len());
            assert!(page.horizon >= position, "the horizon {} is below {position}", page.horizon);
            position = page.horizon;
            events.extend(page.events);
            if page.at_head {
                break;
            }
        }
        let horizon = self.log.iter().filter(|event| event.context.position <= position).count();
        format!("{:?} up to {horizon}", self.events(&events))
    }

    /// The ordinal of an event of the log by its position, from 1.
    fn ordinal(&self, position: Position) -> Position {
        if position == Position::START {
            return position;
        }
        let index = self.log.iter().position(|event| event.context.position == position);
        index.map_or(Position::new(u64::MAX), |index| Position::new(index as u64 + 1))
    }

    fn events(&self, events: &[RecordedEvent]) -> Vec<RecordedEvent> {
        let compared = |event: &RecordedEvent| {
            let mut event = event.clone();
            event.context.position = self.ordinal(event.context.position);
            event.context.recorded_at = Timestamp::MIN;
            event
        };
        events.iter().map(compared).collect()
    }

    fn receipts(&self, receipts: Vec<Receipt>) -> Vec<Receipt> {
        let compared = |receipt: Receipt| Receipt { position: self.ordinal(receipt.position), ..receipt };
        receipts.into_iter().map(compared).collect()
    }

    fn imported(&self, imported: Result<Imported, ImportError>) -> Result<Imported, ImportError> {
        let mut imported = imported?;
        imported.position = self.ordinal(imported.position);
        Ok(imported)
    }
}
