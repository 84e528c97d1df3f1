-- The newest snapshot of a stream.
-- Binds: $1 category, $2 stream id.
-- Index: snapshots_pkey. Isolation: any; one autocommit statement.
select version, form_version, fingerprint, state::text
  from eventsource.snapshots
 where category = $1::text and stream_id = $2::text
