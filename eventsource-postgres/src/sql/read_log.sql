-- Events of all streams, in order of position, up to a horizon.
-- Binds: $1 after this position, $2 the horizon, $3 type names or null for all, $4 limit, $5 categories whose events are
--        read whatever their type.
-- Index: events_pkey. Isolation: a snapshot taken after the horizon was read: a statement of its own.
select position, category, stream_id, version, event_id, event_type, schema_version,
       payload, metadata, correlation_id, causation_id, recorded_at
  from eventsource.events
 where position > $1::bigint and position <= $2::bigint
   and ($3::text[] is null or event_type = any ($3::text[]) or category = any ($5::text[]))
 order by position
 limit $4::bigint
