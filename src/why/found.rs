//! The events of several correlations, page by page.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::{
    EventContext, Position,
    store::{EventStore, StoreError},
};

/// How many events are read at a time.
const PAGE: usize = 1_000;

/// The first events of these correlations after a position, in the order of the log, and where the next page begins, if there
/// are more.
pub(super) async fn events<S: EventStore>(
    store: &S,
    correlations: &[Uuid],
    after: Position,
    limit: usize,
) -> Result<(Vec<EventContext>, Option<Position>), StoreError> {
    // One more than are returned, to know whether there are more.
    let wanted = limit.saturating_add(1);
    let mut found = BTreeMap::new();
    for correlation in correlations {
        let mut from = after;
        let mut read = 0;
        while read < wanted {
            let asked = PAGE.min(wanted - read);
            let page = store.read_correlated(*correlation, from, asked).await?;
            read += page.len();
            let is_last = page.len() < asked;
            from = page.last().map_or(from, |event| event.position);
            found.extend(page.into_iter().map(|event| (event.position, event)));
            // Later events than the last of the page belong to the next one.
            let end = found.keys().nth(limit).copied();
            if is_last || end.is_some_and(|end| end <= from) {
                break;
            }
        }
        while found.len() > wanted {
            found.pop_last();
        }
    }
    if found.len() <= limit {
        return Ok((found.into_values().collect(), None));
    }
    found.pop_last();
    let next = found.last_key_value().map(|(position, _)| *position);
    Ok((found.into_values().collect(), next))
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::{
        EventId, MemoryStore, Metadata, StreamId,
        store::{Append, ExpectedVersion, NewEvent},
    };

    #[tokio::test]
    async fn pages_of_several_correlations_are_in_the_order_of_the_log_without_gaps() {
        const EVENTS: u128 = 2_600;
        let store = MemoryStore::new();
        // Of the first correlation far more than of the second, and of a third one that is not read.
        let correlation =
            |n: u128| if n.is_multiple_of(50) { 2 } else { 1 + 2 * u128::from(n.is_multiple_of(7)) };
        let event = |n: u128| NewEvent {
            id: EventId::from(Uuid::from_u128(1_000_000 + n)),
            event_type: Cow::Borrowed("a.b"),
            schema_version: 1,
            payload: serde_json::value::RawValue::from_string("{}".to_owned()).expect("it is JSON"),
            metadata: Metadata { correlation_id: Some(Uuid::from_u128(correlation(n))), ..Metadata::new() },
        };
        let stream = StreamId::new("a", "b").expect("a valid id");
        let append = Append::to(stream, ExpectedVersion::NoStream, (1..=EVENTS).map(event).collect());
        store.append(append).await.expect("the append is accepted");
        let expected: Vec<_> = (1..=EVENTS).filter(|n| correlation(*n) != 3).collect();
        for correlations in [[1, 2], [2, 1]] {
            let correlations = correlations.map(Uuid::from_u128);
            for limit in [7, 999, 1_000, 1_001, expected.len() - 1, expected.len(), usize::MAX] {
                let (mut found, mut after, mut pages) = (Vec::new(), Position::START, 0);
                loop {
                    let (page, next) = events(&store, &correlations, after, limit).await.expect("memory");
                    found.extend(page.iter().map(|event| u128::from(event.position.get())));
                    pages += 1;
                    assert!(page.len() <= limit && (page.len() == limit || next.is_none()));
                    let Some(next) = next else { break };
                    after = next;
                }
                assert!(found == expected, "{limit} at a time");
                assert_eq!(pages, expected.len().div_ceil(limit), "{limit} at a time");
            }
        }
    }
}
