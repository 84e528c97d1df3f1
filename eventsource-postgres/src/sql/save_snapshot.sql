-- Replaces the snapshot of a stream, unless the stored one is newer and of the same form.
-- Binds: $1 category, $2 stream id, $3 version, $4 version of the form, $5 fingerprint of the form, $6 state.
-- Index: snapshots_pkey. Isolation: any; one autocommit statement.
insert into eventsource.snapshots as kept
       (category, stream_id, version, form_version, fingerprint, state, saved_at)
values ($1::text, $2::text, $3::bigint, $4::bigint, $5::text, $6::text::json, clock_timestamp())
    on conflict (category, stream_id) do update
   set version = excluded.version, form_version = excluded.form_version,
       fingerprint = excluded.fingerprint, state = excluded.state, saved_at = excluded.saved_at
 where kept.version < excluded.version
    or kept.form_version <> excluded.form_version
    or kept.fingerprint <> excluded.fingerprint
