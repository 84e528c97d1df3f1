-- A page of the parked events of a partition for which a retry or discard is requested.
-- Binds: 1 generation, 2 and 3 position and key of the last event of the page before, 4 limit, 5 partition.
-- Index: eventsource_parked_events_request. Isolation: any; one statement.
select key, position, category, stream_id, version, event_id, event_type, error, attempts, parked_at, request,
       request_reason, discarded
  from eventsource_parked_events indexed by eventsource_parked_events_request
 where generation = ?1 and partition = ?5 and request is not null and (position, key) > (?2, ?3)
 order by position, key
 limit ?4
