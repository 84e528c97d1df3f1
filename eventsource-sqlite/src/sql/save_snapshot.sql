-- Replaces the snapshot of a stream, unless the stored one is newer and of the same form.
-- Binds: 1 category, 2 stream id, 3 version, 4 form version, 5 fingerprint, 6 state, 7 time in microseconds.
-- Index: the primary key of eventsource_snapshots. Isolation: within a transaction that writes.
insert into eventsource_snapshots as kept
    (category, stream_id, version, form_version, fingerprint, state, saved_at)
values (?1, ?2, ?3, ?4, ?5, ?6, ?7)
on conflict (category, stream_id) do update
set version = excluded.version, form_version = excluded.form_version, fingerprint = excluded.fingerprint,
    state = excluded.state, saved_at = excluded.saved_at
where kept.form_version <> excluded.form_version
   or kept.fingerprint <> excluded.fingerprint
   or kept.version < excluded.version
