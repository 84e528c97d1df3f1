-- Events of the log of some types or categories above a position, up to the horizon.
-- Binds: 1 position after which, 2 horizon, 3 limit, 4 type names as a JSON array, 5 categories as a JSON array.
-- Index: the rowid of eventsource_events. Isolation: after the horizon was read.
select position, category, stream_id, version, event_id, event_type, schema_version, payload, metadata,
       correlation_id, causation_id, recorded_at
from eventsource_events
where position > ?1 and position <= ?2
  and (event_type in (select value from json_each(?4)) or category in (select value from json_each(?5)))
order by position
limit ?3
