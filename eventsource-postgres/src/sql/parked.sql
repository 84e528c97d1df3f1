-- The events of a generation that are parked or were discarded.
-- Binds: $1 generation.
-- Index: parked_events_pkey. Isolation: any; one autocommit statement.
select p.key, p.position, p.category, p.stream_id, p.version, p.event_id, p.event_type, p.error, p.attempts,
       p.parked_at, p.request, p.request_reason, p.discarded
  from eventsource.parked_events p
 where p.generation = $1::bigint
 order by p.position
