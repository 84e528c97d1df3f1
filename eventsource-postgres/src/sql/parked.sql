-- A page of the events of a generation that are parked or were discarded.
-- Binds: $1 generation, $2 and $3 position and key of the last event of the page before, $4 limit.
-- Index: parked_events_pkey. Isolation: any; one autocommit statement.
select p.key, p.position, p.category, p.stream_id, p.version, p.event_id, p.event_type, p.error, p.attempts,
       p.parked_at, p.request, p.request_reason, p.discarded
  from eventsource.parked_events p
 where p.generation = $1::bigint and (p.position, p.key) > ($2::bigint, $3::text collate "C")
 order by p.position, p.key
 limit $4::bigint
