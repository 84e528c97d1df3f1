-- Events by position.
-- Binds: $1 positions.
-- Index: events_pkey. Isolation: any; one autocommit statement.
select position, category, stream_id, version, event_id, event_type, schema_version,
       payload, metadata, correlation_id, causation_id, recorded_at
  from eventsource.events
 where position = any ($1::bigint[])
 order by position
