-- A page of the events of a generation that are parked or were discarded.
-- Binds: 1 generation, 2 and 3 position and key of the last event of the page before, 4 limit.
-- Index: the primary key. Isolation: any; one statement.
select key, position, category, stream_id, version, event_id, event_type, error, attempts, parked_at, request,
       request_reason, discarded
  from eventsource_parked_events
 where generation = ?1 and (position, key) > (?2, ?3)
 order by position, key
 limit ?4
