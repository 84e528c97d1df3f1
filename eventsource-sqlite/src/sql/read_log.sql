-- Events of the log above a position, up to the horizon.
-- Binds: 1 position after which, 2 horizon, 3 limit.
-- Index: the rowid of eventsource_events. Isolation: after the horizon was read.
select position, category, stream_id, version, event_id, event_type, schema_version, payload, metadata,
       correlation_id, causation_id, recorded_at
from eventsource_events
where position > ?1 and position <= ?2
order by position
limit ?3
