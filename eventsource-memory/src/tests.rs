//! Behaviour of this store that the suite does not test: rows of any type, and the points where it waits.

use std::{error::Error, time::Duration};

use serde_json::{Value, json};

use super::{MemoryStore, MemoryTransaction};
use eventsource_core::{
    EventId, Metadata, StreamId,
    store::{
        Append, Definition, EventStore, EventTypes, ExpectedVersion, GenerationId, GenerationRequest,
        NewEvent, ProjectionKind, ProjectionStore, StartAt, StoreError, StoreTransaction,
    },
};

type Tried = Result<(), Box<dyn Error + Send + Sync>>;

/// The transaction that creates the generation with the tables.
async fn begun_generation(store: &MemoryStore) -> (GenerationId, MemoryTransaction) {
    let definition = Definition {
        name: "deposits".into(),
        version: 1,
        partitions: 1,
        kind: ProjectionKind::Following,
        start: StartAt::Beginning,
        event_types: EventTypes::default(),
    };
    let begun = store.begin_generation(&definition, GenerationRequest::Start).await;
    begun.expect("memory can be written").expect("a generation is due")
}

fn one_event() -> Append {
    let event = NewEvent {
        id: EventId::new(),
        event_type: "happened".into(),
        schema_version: 1,
        payload: serde_json::value::RawValue::NULL.to_owned(),
        metadata: Metadata::new(),
    };
    Append::to(StreamId::new("account", "a").expect("valid"), ExpectedVersion::Any, vec![event])
}

#[tokio::test]
async fn rows_of_any_type_are_kept_under_any_key() -> Tried {
    let store = MemoryStore::new();
    let (_, mut transaction) = begun_generation(&store).await;
    transaction.put("turnover", ("shop", 10), &json!({ "total": 1 }))?;
    transaction.put("turnover", ("shop", 9), &"nine")?;
    transaction.put("turnover", ("shop", 9), &9)?;
    transaction.put("turnover", ("gone", 1), &0)?;
    transaction.delete("turnover", ("gone", 1))?;
    assert_eq!(transaction.get("turnover", ("shop", 9))?, Some(9));
    assert_eq!(transaction.get::<Value>("turnover", ("gone", 1))?, None);
    let due = [json!(9), json!({ "total": 1 })];
    assert_eq!(transaction.rows::<Value>("turnover")?, due, "9 comes before 10");
    assert_eq!(store.rows::<Value>("turnover")?, Vec::<Value>::new(), "not before it is committed");
    transaction.commit().await?;
    assert_eq!(store.rows::<Value>("turnover")?, due);
    assert!(store.rows::<u64>("turnover").is_err(), "one row is not a number");
    Ok(())
}

#[tokio::test]
async fn keys_are_compared_to_the_last_digit() -> Tried {
    let (_, mut transaction) = begun_generation(&MemoryStore::new()).await;
    let (even, odd) = (u128::from(u64::MAX) + 1, u128::from(u64::MAX) + 2);
    transaction.put("large", even, &"even")?;
    transaction.put("large", odd, &"odd")?;
    transaction.put("large", "1", &"text")?;
    transaction.put("large", 1, &"number")?;
    transaction.put("large", 0.5, &"fraction")?;
    assert_eq!(transaction.get::<String>("large", even)?.as_deref(), Some("even"));
    assert_eq!(transaction.get::<String>("large", 1)?.as_deref(), Some("number"));
    assert_eq!(transaction.rows::<String>("large")?.len(), 5);
    Ok(())
}

#[tokio::test]
async fn an_intervening_append_is_detected_at_commit() -> Tried {
    let store = MemoryStore::new();
    let (transaction, _, events) = store.begin_append(one_event(), &[]).await?;
    store.append(one_event()).await?;
    let committed = transaction.commit().await;
    assert!(matches!(committed, Err(StoreError::Contended { .. })), "{committed:?}");
    let (transaction, _, again) = store.begin_append(one_event(), &[]).await?;
    transaction.commit().await?;
    assert!(again[0].context.position > events[0].context.position);
    Ok(())
}

#[tokio::test]
async fn rows_without_a_generation_are_refused() -> Tried {
    let store = MemoryStore::new();
    let (mut transaction, _, _) = store.begin_append(one_event(), &[]).await?;
    assert!(transaction.put("turnover", 1, &1).is_err(), "no generation was entered");
    assert!(transaction.get::<u64>("turnover", 1).is_err());
    Ok(())
}

#[tokio::test]
async fn one_transaction_is_open_at_a_time() -> Tried {
    let store = MemoryStore::new();
    let (id, transaction) = begun_generation(&store).await;
    let second = store.abandon(id);
    assert!(tokio::time::timeout(Duration::from_millis(20), second).await.is_err(), "it waits");
    drop(transaction);
    store.abandon(id).await?;
    Ok(())
}
