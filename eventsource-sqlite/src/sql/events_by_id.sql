-- Events by their ids, in any order.
-- Binds: 1 the ids in hexadecimal, as a JSON array.
-- Index: eventsource_events_event_id. Isolation: while writing.
select e.position, e.category, e.stream_id, e.version, e.event_id, e.event_type, e.schema_version, e.payload, e.metadata,
       e.correlation_id, e.causation_id, e.recorded_at
  from json_each(?1) as i
  cross join eventsource_events as e on e.event_id = unhex(i.value)
