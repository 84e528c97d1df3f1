//! A reader of the log that continues after each horizon, and checks every page against the contract.

use eventsource::{Position, RecordedEvent, store::LogFilter};

use super::Store;

pub(crate) struct Reader {
    store: Store,
    filter: LogFilter,
    limit: usize,
    /// All events so far.
    pub(crate) seen: Vec<RecordedEvent>,
    /// Its position.
    pub(crate) horizon: Position,
    /// Each horizon that was returned, with the number of events read by then.
    pub(crate) horizons: Vec<(Position, usize)>,
}

impl Reader {
    /// A reader at the start of the log.
    pub(crate) fn new(store: &Store, filter: LogFilter, limit: usize) -> Self {
        let store = store.clone();
        Self { store, filter, limit, seen: Vec::new(), horizon: Position::START, horizons: Vec::new() }
    }

    /// Reads one page. Returns whether it was at the head of the log.
    pub(crate) async fn read_page(&mut self) -> bool {
        let page = self.store.page(self.horizon, &self.filter, self.limit).await;
        assert!(
            page.horizon >= self.horizon,
            "the horizon went back from {} to {}",
            self.horizon,
            page.horizon
        );
        assert!(
            page.events.len() <= self.limit,
            "{} events above the limit {}",
            page.events.len(),
            self.limit
        );
        let mut last = self.horizon;
        for event in &page.events {
            assert!(event.context.position > last, "position {} after {last}", event.context.position);
            assert!(
                event.context.position <= page.horizon,
                "{} beyond the horizon {}",
                event.context.position,
                page.horizon
            );
            assert!(
                self.filter.admits(&event.context),
                "{} does not pass the filter",
                event.context.event_type
            );
            last = event.context.position;
        }
        assert!(page.at_head || page.events.len() == self.limit, "a short page that is not at the head");
        self.seen.extend(page.events);
        self.horizon = page.horizon;
        self.horizons.push((self.horizon, self.seen.len()));
        page.at_head
    }

    /// Reads pages until one is at the head.
    pub(crate) async fn read_to_head(&mut self) {
        while !self.read_page().await {}
    }
}
