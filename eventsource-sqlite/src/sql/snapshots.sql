-- Snapshots of streams.

-- name: load_snapshot
-- The snapshot of a stream, and whether the stream has the event that it was made at.
-- Binds: 1 category, 2 stream id.
-- Index: the primary key of eventsource_snapshots, eventsource_events_event_id. Isolation: any.
select s.version, s.form_version, s.fingerprint, s.state, s.event_id,
       exists (select 1 from eventsource_events e
               where e.category = s.category and e.stream_id = s.stream_id and e.version = s.version
                 and e.event_id = s.event_id)
from eventsource_snapshots s
where s.category = ?1 and s.stream_id = ?2

-- name: save_snapshot
-- Replaces the snapshot of a stream, unless the stored one is newer, of the same form, and made at an event that the
-- stream has.
-- Binds: 1 category, 2 stream id, 3 version, 4 form version, 5 fingerprint, 6 state, 7 time in microseconds,
-- 8 event id.
-- Index: the primary key of eventsource_snapshots, eventsource_events_event_id. Isolation: within a transaction that writes.
insert into eventsource_snapshots as kept
    (category, stream_id, version, form_version, fingerprint, state, saved_at, event_id)
values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
on conflict (category, stream_id) do update
set version = excluded.version, form_version = excluded.form_version, fingerprint = excluded.fingerprint,
    state = excluded.state, saved_at = excluded.saved_at, event_id = excluded.event_id
where kept.form_version <> excluded.form_version
   or kept.fingerprint <> excluded.fingerprint
   or kept.version < excluded.version
   or not exists (select 1 from eventsource_events e
                  where e.category = kept.category and e.stream_id = kept.stream_id and e.version = kept.version
                    and e.event_id = kept.event_id)
