-- The columns that a load needs, for the events of one stream, oldest first.
-- Binds: $1 category, $2 stream id, $3 after this version.
-- Index: events_stream_version_key. Isolation: any; one autocommit statement.
select version, event_type, schema_version, payload
  from eventsource.events
 where category = $1::text and stream_id = $2::text and version > $3::bigint
 order by version
