//! Which rows the events of the log have changed.

use std::{collections::BTreeMap, sync::Arc};

use super::look::Look;
use crate::{
    Position, RecordedEvent,
    projections::consumer::Consumer,
    store::{LogFilter, ProjectionStore, StoreError},
};

/// How many events are read at a time.
const PAGE: usize = 1_000;
/// How many events are read to find out which rows have changed. After more, all rows are read instead.
pub(super) const MOST_EVENTS: usize = 20_000;

/// The rows that were changed: the texts of their keys, and the position of the last event of each.
pub(super) struct Changes {
    /// `None` if any row may have been changed.
    pub(super) keys: Option<BTreeMap<String, Position>>,
    /// The end of what was read.
    pub(super) end: Position,
}

/// Reads which rows have changed after a position, up to another or to the end of the log.
pub(super) async fn changes<S: ProjectionStore>(
    store: &S,
    consumer: &Arc<dyn Consumer<S>>,
    look: &Look,
    after: Position,
    up_to: Option<Position>,
) -> Result<Changes, StoreError> {
    let filter = filter_of(consumer.filter(), look);
    let (mut keys, mut position, mut read) = (Some(BTreeMap::new()), after, 0);
    while up_to.is_none_or(|up_to| position < up_to) {
        if keys.is_none() || read > MOST_EVENTS {
            let end = match up_to {
                Some(up_to) => up_to,
                None => store.read_log(position, &LogFilter::none(), 1).await?.horizon,
            };
            return Ok(Changes { keys: None, end });
        }
        let page = store.read_log(position, &filter, PAGE).await?;
        read += page.events.len();
        for event in
            page.events.iter().filter(|event| up_to.is_none_or(|up_to| event.context.position <= up_to))
        {
            match keys_of(&**consumer, event) {
                Some(of_event) => {
                    let found = of_event.into_iter().map(|key| (key, event.context.position));
                    keys.iter_mut().for_each(|keys| keys.extend(found.clone()));
                }
                None => keys = None,
            }
        }
        position = page.horizon;
        if up_to.is_none() && page.at_head {
            break;
        }
    }
    Ok(Changes { keys, end: up_to.unwrap_or(position) })
}

/// The rows that an event changes. `None` if this program cannot say: it does not read the event, and a newer program may
/// have applied it.
fn keys_of<S: ProjectionStore>(consumer: &dyn Consumer<S>, event: &RecordedEvent) -> Option<Vec<String>> {
    match consumer.filter().admits(&event.context) {
        true => consumer.row_keys(event).ok(),
        false => None,
    }
}

/// The events that this program reads for the read model, and those that others read.
fn filter_of(own: &LogFilter, look: &Look) -> LogFilter {
    let Some(own_types) = &own.event_types else { return LogFilter::all() };
    let read = look.event_types.types.iter().filter(|(_, category)| category.is_some());
    let mut types: Vec<String> = own_types.iter().chain(read.map(|(name, _)| name)).cloned().collect();
    types.sort_unstable();
    types.dedup();
    let mut categories = own.categories.clone();
    categories.extend(look.event_types.categories.iter().cloned());
    categories.sort_unstable();
    categories.dedup();
    LogFilter { categories, ..LogFilter::of_types(types) }
}
