-- A page of the events of a key that are parked or were discarded.
-- Binds: 1 generation, 2 position of the last event of the page before, 3 key, 4 limit.
-- Index: eventsource_parked_events_key. Isolation: any; one statement.
select key, position, category, stream_id, version, event_id, event_type, error, attempts, parked_at, request,
       request_reason, discarded
  from eventsource_parked_events indexed by eventsource_parked_events_key
 where generation = ?1 and position > ?2 and key = ?3
 order by position
 limit ?4
