-- Records that a parked event failed again, and clears the request for its key.
-- Binds: $1 generation, $2 position, $3 key, $4 error.
-- Index: parked_events_waiting_key. Isolation: read committed, with the checkpoint locked.
update eventsource.parked_events p
   set error = case when p.position = $2::bigint then $4::text else p.error end,
       attempts = p.attempts + case when p.position = $2::bigint then 1 else 0 end,
       request = null, request_reason = null
 where p.generation = $1::bigint and p.key = $3::text and p.discarded is null
