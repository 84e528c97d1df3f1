-- Snapshots of streams.

-- name: load_snapshot
-- The newest snapshot of a stream, and whether the stream has the event that it was made at.
-- Binds: $1 category, $2 stream id.
-- Index: snapshots_pkey, events_stream_version_key. Isolation: any; one autocommit statement.
select s.version, s.form_version, s.fingerprint, s.state::text, s.event_id,
       -- Not an exists, which the planner may turn into a hash of the whole table.
       coalesce((select e.event_id = s.event_id from eventsource.events e
                  where e.category = s.category and e.stream_id = s.stream_id and e.version = s.version), false)
  from eventsource.snapshots s
 where s.category = $1::text and s.stream_id = $2::text

-- name: save_snapshot
-- Replaces the snapshot of a stream, unless the stored one is newer, of the same form, and made at an event that the
-- stream has.
-- Binds: $1 category, $2 stream id, $3 version, $4 version of the form, $5 fingerprint of the form, $6 state,
--        $7 event id.
-- Index: snapshots_pkey, events_stream_version_key. Isolation: any; one autocommit statement.
insert into eventsource.snapshots as kept
       (category, stream_id, version, form_version, fingerprint, state, event_id, saved_at)
values ($1::text, $2::text, $3::bigint, $4::bigint, $5::text, $6::text::json, $7::uuid, pg_catalog.clock_timestamp())
    on conflict (category, stream_id) do update
   set version = excluded.version, form_version = excluded.form_version,
       fingerprint = excluded.fingerprint, state = excluded.state, event_id = excluded.event_id,
       saved_at = excluded.saved_at
 where kept.version < excluded.version
    or kept.form_version <> excluded.form_version
    or kept.fingerprint <> excluded.fingerprint
    -- Not an exists, which the planner may turn into a hash of the whole table.
    or not coalesce((select e.event_id = kept.event_id from eventsource.events e
                      where e.category = kept.category and e.stream_id = kept.stream_id
                        and e.version = kept.version), false)
