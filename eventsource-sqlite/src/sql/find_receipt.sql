-- The receipt of the append that used a key on a stream, and the request that the key was used for.
-- Binds: 1 category, 2 stream id, 3 key.
-- Index: the primary key of eventsource_idempotency_keys. Isolation: any.
select version, position, command, content
from eventsource_idempotency_keys
where category = ?1 and stream_id = ?2 and key = ?3
