-- A page of the events of a key that are parked or were discarded.
-- Binds: $1 generation, $2 position of the last event of the page before, $3 key, $4 limit.
-- Index: parked_events_key_key. Isolation: any; one autocommit statement.
select p.key, p.position, p.category, p.stream_id, p.version, p.event_id, p.event_type, p.error, p.attempts,
       p.parked_at, p.request, p.request_reason, p.discarded
  from eventsource.parked_events p
 where p.generation = $1::bigint and p.position > $2::bigint and p.key = $3::text
 order by p.position
 limit $4::bigint
