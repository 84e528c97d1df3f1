//! A store can do what it declares, and refuses what it does not declare.

use eventsource::store::{AppendError, Capability, ImportError, ImportEvent};

use crate::support::{Store, events, eventually, exactly, part, several, stream};

pub(crate) async fn a_durable_store_has_its_events_when_it_is_opened_again_and_no_other_has(store: Store) {
    let is_durable = store.declares(Capability::Durable);
    let Some(open) = store.opening() else {
        assert!(!is_durable, "to test that the store is durable, call `Fresh::opened_again_by`");
        return;
    };
    let stream = stream("a");
    store.fill(&stream, 3).await;
    let before = store.log().await;
    drop(store);
    // It may take a moment until a store that was dropped has closed its file.
    let again = eventually("opening the store again", || async { open().await.ok() }).await;
    let again = Store::new(again);
    if is_durable {
        assert_eq!(again.log().await, before);
        again.write(&stream, exactly(3), events(1)).await;
    } else {
        assert!(again.log().await.is_empty(), "it has its events: it is durable, but does not declare it");
    }
}

pub(crate) async fn several_processes_open_the_store_if_that_is_declared_and_not_otherwise(store: Store) {
    let is_declared = store.declares(Capability::SeveralProcesses);
    let Some(open) = store.opening() else {
        assert!(!is_declared, "to test several processes, call `Fresh::opened_again_by`");
        return;
    };
    let stream = stream("a");
    store.fill(&stream, 1).await;
    let other = match open().await {
        Ok(other) => Store::new(other),
        Err(error) => {
            assert!(!is_declared, "it cannot be opened by a second process: {error}");
            return;
        }
    };
    assert!(is_declared, "a second process can open it; declare that, or refuse it");
    other.write(&stream, exactly(1), events(1)).await;
    store.write(&stream, exactly(2), events(1)).await;
    let stale = other.append(several(vec![part(&stream, exactly(2), events(1))])).await;
    assert!(matches!(stale, Err(AppendError::Conflict { .. })), "{stale:?}");
    assert_eq!(store.log().await, other.log().await);
    assert_eq!(store.log().await.len(), 3);
}

pub(crate) async fn an_import_is_stored_if_imports_are_declared_and_refused_otherwise(store: Store) {
    let event = ImportEvent::raw(stream("a"), "conformance.happened", 1, "null").expect("it is JSON");
    let imported = store.import(&[event]).await;
    if store.declares(Capability::Import) {
        assert_eq!(imported.expect("imports are declared").stored, 1);
    } else {
        assert!(matches!(imported, Err(ImportError::Unsupported)), "imports are not declared: {imported:?}");
        assert!(store.log().await.is_empty());
    }
}
