-- The events at some positions.
-- Binds: 1 positions as a JSON array.
-- Index: the rowid of eventsource_events. Isolation: any.
select position, category, stream_id, version, event_id, event_type, schema_version, payload, metadata,
       correlation_id, causation_id, recorded_at
from eventsource_events
where position in (select value from json_each(?1))
order by position
