-- Reading the events of streams.

-- name: read_stream_forward
-- Events of a stream after a version, oldest first.
-- Binds: 1 category, 2 stream id, 3 version, 4 limit.
-- Index: eventsource_events_stream. Isolation: any.
select position, category, stream_id, version, event_id, event_type, schema_version, payload, metadata,
       correlation_id, causation_id, recorded_at
from eventsource_events
where category = ?1 and stream_id = ?2 and version > ?3
order by version
limit ?4

-- name: read_stream_backward
-- Events of a stream before a version, newest first.
-- Binds: 1 category, 2 stream id, 3 version, 4 limit.
-- Index: eventsource_events_stream. Isolation: any.
select position, category, stream_id, version, event_id, event_type, schema_version, payload, metadata,
       correlation_id, causation_id, recorded_at
from eventsource_events
where category = ?1 and stream_id = ?2 and version < ?3
order by version desc
limit ?4

-- name: read_history
-- The columns that a load needs, of the events of a stream after a version, oldest first.
-- Binds: 1 category, 2 stream id, 3 version.
-- Index: eventsource_events_stream. Isolation: any.
select version, event_type, schema_version, payload
from eventsource_events
where category = ?1 and stream_id = ?2 and version > ?3
order by version
