-- Events of one stream, oldest first.
-- Binds: $1 category, $2 stream id, $3 after this version, $4 limit.
-- Index: events_stream_version_key. Isolation: any; one autocommit statement.
select position, category, stream_id, version, event_id, event_type, schema_version,
       payload, metadata, correlation_id, causation_id, recorded_at
  from eventsource.events
 where category = $1::text and stream_id = $2::text and version > $3::bigint
 order by version
 limit $4::bigint
