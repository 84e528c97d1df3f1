-- Requests a retry or discard of the parked events of a key.
-- Binds: $1 generation, $2 key, $3 retry or discard, $4 reason or null.
-- Index: parked_events_waiting_key. Isolation: read committed; one autocommit statement.
update eventsource.parked_events p
   set request = $3::text, request_reason = $4::text
 where p.generation = $1::bigint and p.key = $2::text and p.discarded is null
