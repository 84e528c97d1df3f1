-- The events of a generation that are parked or were discarded.
-- Binds: 1 generation. Index: the primary key. Isolation: any; one statement.
select key, position, category, stream_id, version, event_id, event_type, error, attempts, parked_at, request,
       request_reason, discarded
  from eventsource_parked_events
 where generation = ?1
 order by position, key
