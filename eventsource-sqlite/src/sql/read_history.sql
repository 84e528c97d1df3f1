-- The columns that a load needs, of the events of a stream after a version, oldest first.
-- Binds: 1 category, 2 stream id, 3 version.
-- Index: eventsource_events_stream. Isolation: any.
select version, event_type, schema_version, payload
from eventsource_events
where category = ?1 and stream_id = ?2 and version > ?3
order by version
