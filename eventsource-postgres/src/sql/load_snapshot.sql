-- The newest snapshot of a stream, and whether the stream has the event that it was made at.
-- Binds: $1 category, $2 stream id.
-- Index: snapshots_pkey, events_stream_version_key. Isolation: any; one autocommit statement.
select s.version, s.form_version, s.fingerprint, s.state::text, s.event_id,
       -- Not an exists, which the planner may turn into a hash of the whole table.
       coalesce((select e.event_id = s.event_id from eventsource.events e
                  where e.category = s.category and e.stream_id = s.stream_id and e.version = s.version), false)
  from eventsource.snapshots s
 where s.category = $1::text and s.stream_id = $2::text
