//! Stores that handle snapshots wrongly.

use std::sync::Mutex;

use async_trait::async_trait;
use eventsource::{
    EventId, MemoryStore, Metadata, StreamId, Version,
    snapshot::Snapshot,
    store::{Append, EventStore, ExpectedVersion, NewEvent, SnapshotForm, StoreError, StoredSnapshot},
};
use serde_json::value::RawValue;

use crate::{
    broken::{Asked, Defect, yield_to_others},
    verdict::rejected,
};

rejected! {
    a_store_that_keeps_no_snapshots: Saves(|_, _| None) => [
        a_newer_snapshot_replaces_an_older_one,
        an_older_snapshot_does_not_replace_a_newer_one,
        flush_waits_for_the_snapshots_in_progress,
        a_snapshot_that_does_not_keep_the_whole_state_is_not_written,
    ],
    a_store_that_keeps_the_first_snapshot: Saves(|kept, new| kept.is_none().then_some(new)) => [
        a_newer_snapshot_replaces_an_older_one,
        the_newest_of_concurrently_stored_snapshots_stays,
    ],
    a_store_that_keeps_the_last_snapshot: Saves(|_, new| Some(new)) => [
        an_older_snapshot_does_not_replace_a_newer_one,
    ],
    a_store_that_compares_versions_of_other_forms: Saves(|kept, new| {
        kept.is_none_or(|kept| kept.version < new.version).then_some(new)
    }) => [
        a_snapshot_of_another_form_is_ignored_and_replaced,
        a_snapshot_of_another_form_replaces_even_a_newer_one,
    ],
    a_store_that_compares_fingerprints_only: Saves(|kept, new| {
        let newer = |kept: &Snapshot| {
            kept.form.fingerprint != new.form.fingerprint || kept.version < new.version
        };
        kept.is_none_or(newer).then_some(new)
    }) => [
        a_snapshot_of_another_form_is_ignored_and_replaced,
        a_snapshot_of_another_form_replaces_even_a_newer_one,
    ],
    a_store_that_compares_versions_of_forms_only: Saves(|kept, new| {
        let newer = |kept: &Snapshot| kept.form.version != new.form.version || kept.version < new.version;
        kept.is_none_or(newer).then_some(new)
    }) => [
        a_snapshot_of_another_form_is_ignored_and_replaced,
        a_snapshot_of_another_form_replaces_even_a_newer_one,
    ],
    a_store_that_keeps_the_newest_snapshot_whatever_the_stream: Saves(|kept, new| {
        let older = |kept: &Snapshot| kept.form != new.form || kept.version < new.version;
        kept.is_none_or(older).then_some(new)
    }) => [
        a_snapshot_of_another_history_is_ignored_and_replaced,
        an_older_snapshot_replaces_one_of_another_history,
    ],
    a_store_that_does_not_look_for_the_event_of_a_snapshot: Believes => [
        a_snapshot_of_another_history_is_ignored_and_replaced,
        it_is_known_whether_the_stream_has_the_event_of_a_snapshot,
    ],
    a_store_that_finds_the_event_of_no_snapshot: Doubts => [
        a_load_begins_with_the_snapshot_and_applies_the_later_events,
        it_is_known_whether_the_stream_has_the_event_of_a_snapshot,
    ],
    a_store_that_keeps_states_as_values: Saved(|snapshot| {
        if let Ok(value) = serde_json::from_str::<serde_json::Value>(snapshot.state.get()) {
            snapshot.state = serde_json::value::to_raw_value(&value).expect("JSON");
        }
    }) => [
        the_state_of_a_snapshot_is_kept_byte_for_byte,
    ],
    a_store_that_keeps_form_versions_in_31_bits: Saved(|snapshot| {
        snapshot.form.version &= i32::MAX.cast_unsigned();
    }) => [
        a_snapshot_is_kept_as_it_was_given,
    ],
    a_store_that_keeps_snapshot_versions_in_32_bits: Saved(|snapshot| {
        snapshot.version = Version::new(snapshot.version.get() & u64::from(u32::MAX));
    }) => [
        a_snapshot_is_kept_as_it_was_given,
    ],
    a_store_that_keeps_fingerprints_in_ascii: Saved(|snapshot| {
        let ascii: String = snapshot.form.fingerprint.chars().filter(char::is_ascii).collect();
        snapshot.form.fingerprint = ascii.into();
    }) => [
        a_snapshot_is_kept_as_it_was_given,
    ],
    a_store_that_makes_up_fingerprints: Saved(|snapshot| snapshot.form.fingerprint = "one for all".into()) => [
        a_command_is_handled_on_the_snapshot_and_the_later_events,
        a_snapshot_is_kept_as_it_was_given,
    ],
    a_store_that_keeps_a_snapshot_per_id: Saved(|snapshot| {
        snapshot.stream = StreamId::new("all", snapshot.stream.id().to_lowercase()).expect("valid");
    }) => [
        streams_have_snapshots_of_their_own,
    ],
    a_store_that_finds_a_snapshot_for_every_stream: MadeUp => [
        a_snapshot_is_written_each_time_the_frequency_is_reached,
        an_undecodable_snapshot_is_ignored_and_replaced,
        a_stream_has_no_snapshot_before_one_is_kept,
    ],
    a_store_that_counts_snapshots_as_events: AsEvents => [
        an_aggregate_is_loaded_as_of_a_version,
        a_snapshot_changes_neither_the_stream_nor_the_log,
    ],
    a_store_that_reads_a_snapshot_and_then_replaces_it: ReadThenReplace => [
        the_newest_of_concurrently_stored_snapshots_stays,
    ],
    a_store_that_writes_snapshots_later: Later::default() => [
        streams_have_snapshots_of_their_own,
        a_newer_snapshot_replaces_an_older_one,
    ],
    a_store_that_cannot_load_snapshots: CannotLoad => [
        a_newer_snapshot_replaces_an_older_one,
        an_older_snapshot_does_not_replace_a_newer_one,
    ],
    a_store_that_writes_a_snapshot_in_two_steps: TwoSteps => [a_dropped_snapshot_is_kept_whole_or_not_at_all],
}

async fn force(store: &MemoryStore, snapshot: Snapshot) -> Asked<()> {
    // First stores a snapshot of another form, so that the new one replaces it.
    let form = SnapshotForm { version: 4_711, fingerprint: "in between".into() };
    store.save_snapshot(Snapshot { form, ..snapshot.clone() }).await?;
    store.save_snapshot(snapshot).await
}

/// Uses its own rule to decide which snapshot stays.
struct Saves(fn(Option<&Snapshot>, Snapshot) -> Option<Snapshot>);

#[async_trait]
impl Defect for Saves {
    async fn save_snapshot(&self, store: &MemoryStore, snapshot: Snapshot) -> Asked<()> {
        let kept = store.load_snapshot(&snapshot.stream).await?;
        match (self.0)(kept.as_ref().map(|kept| &kept.snapshot), snapshot) {
            Some(stays) => force(store, stays).await,
            None => Ok(()),
        }
    }
}

/// Stores another snapshot.
struct Saved(fn(&mut Snapshot));

#[async_trait]
impl Defect for Saved {
    async fn save_snapshot(&self, store: &MemoryStore, mut snapshot: Snapshot) -> Asked<()> {
        (self.0)(&mut snapshot);
        store.save_snapshot(snapshot).await
    }

    async fn load_snapshot(&self, store: &MemoryStore, stream: &StreamId) -> Asked<Option<StoredSnapshot>> {
        let mut other = Snapshot {
            stream: stream.clone(),
            version: Version::EMPTY,
            event_id: EventId::new(),
            form: SnapshotForm { version: 0, fingerprint: "".into() },
            state: RawValue::NULL.to_owned(),
        };
        (self.0)(&mut other);
        let found = store.load_snapshot(&other.stream).await?;
        Ok(found.map(|mut found| {
            found.snapshot.stream = stream.clone();
            found
        }))
    }
}

struct MadeUp;

#[async_trait]
impl Defect for MadeUp {
    async fn load_snapshot(&self, store: &MemoryStore, stream: &StreamId) -> Asked<Option<StoredSnapshot>> {
        let made_up = || StoredSnapshot {
            snapshot: Snapshot {
                stream: stream.clone(),
                version: Version::EMPTY,
                event_id: EventId::new(),
                form: SnapshotForm { version: 0, fingerprint: "".into() },
                state: RawValue::NULL.to_owned(),
            },
            has_event: true,
        };
        Ok(Some(store.load_snapshot(stream).await?.unwrap_or_else(made_up)))
    }
}

struct Believes;

#[async_trait]
impl Defect for Believes {
    async fn load_snapshot(&self, store: &MemoryStore, stream: &StreamId) -> Asked<Option<StoredSnapshot>> {
        Ok(store.load_snapshot(stream).await?.map(|found| StoredSnapshot { has_event: true, ..found }))
    }
}

struct Doubts;

#[async_trait]
impl Defect for Doubts {
    async fn load_snapshot(&self, store: &MemoryStore, stream: &StreamId) -> Asked<Option<StoredSnapshot>> {
        Ok(store.load_snapshot(stream).await?.map(|found| StoredSnapshot { has_event: false, ..found }))
    }
}

struct AsEvents;

#[async_trait]
impl Defect for AsEvents {
    async fn save_snapshot(&self, store: &MemoryStore, snapshot: Snapshot) -> Asked<()> {
        let event = NewEvent {
            id: EventId::new(),
            event_type: "snapshot".into(),
            schema_version: 1,
            payload: snapshot.state.clone(),
            metadata: Metadata::new(),
        };
        let append = Append::to(snapshot.stream.clone(), ExpectedVersion::Any, vec![event]);
        store
            .append(append)
            .await
            .map_err(|error| StoreError::Backend { action: "keeping a snapshot", source: Box::new(error) })?;
        store.save_snapshot(snapshot).await
    }
}

struct ReadThenReplace;

#[async_trait]
impl Defect for ReadThenReplace {
    async fn save_snapshot(&self, store: &MemoryStore, snapshot: Snapshot) -> Asked<()> {
        let kept = store.load_snapshot(&snapshot.stream).await?.map(|kept| kept.snapshot);
        yield_to_others().await;
        match kept.is_some_and(|kept| kept.form == snapshot.form && kept.version >= snapshot.version) {
            true => Ok(()),
            false => force(store, snapshot).await,
        }
    }
}

/// Stores a snapshot only when the next one arrives.
#[derive(Default)]
struct Later(Mutex<Option<Snapshot>>);

#[async_trait]
impl Defect for Later {
    async fn save_snapshot(&self, store: &MemoryStore, snapshot: Snapshot) -> Asked<()> {
        let previous = self.0.lock().expect("not poisoned").replace(snapshot);
        match previous {
            Some(previous) => store.save_snapshot(previous).await,
            None => Ok(()),
        }
    }
}

struct CannotLoad;

#[async_trait]
impl Defect for CannotLoad {
    async fn load_snapshot(&self, store: &MemoryStore, stream: &StreamId) -> Asked<Option<StoredSnapshot>> {
        match store.load_snapshot(stream).await? {
            Some(_) => Err(StoreError::Corrupt {
                action: "loading a snapshot",
                source: "the snapshot is broken".into(),
            }),
            None => Ok(None),
        }
    }
}

/// Stores first the version, then the state.
struct TwoSteps;

#[async_trait]
impl Defect for TwoSteps {
    async fn save_snapshot(&self, store: &MemoryStore, snapshot: Snapshot) -> Asked<()> {
        let kept = store.load_snapshot(&snapshot.stream).await?;
        let old = kept.map_or_else(|| RawValue::NULL.to_owned(), |kept| kept.snapshot.state);
        store.save_snapshot(Snapshot { state: old, ..snapshot.clone() }).await?;
        yield_to_others().await;
        let now = store.load_snapshot(&snapshot.stream).await?.map(|now| now.snapshot);
        match now.is_some_and(|now| now.version == snapshot.version && now.form == snapshot.form) {
            true => force(store, snapshot).await,
            false => Ok(()),
        }
    }
}
