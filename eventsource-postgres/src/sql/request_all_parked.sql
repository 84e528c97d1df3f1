-- Requests a retry or discard of all parked events.
-- Binds: $1 generation, $2 retry or discard, $3 reason or null.
-- Index: none, it changes every parked event of the generation. Isolation: read committed; one autocommit statement.
update eventsource.parked_events p
   set request = $2::text, request_reason = $3::text
 where p.generation = $1::bigint and p.discarded is null
