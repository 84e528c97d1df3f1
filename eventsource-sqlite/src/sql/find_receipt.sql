-- The receipt of the append that used a key on a stream.
-- Binds: 1 category, 2 stream id, 3 key.
-- Index: the primary key of eventsource_idempotency_keys. Isolation: any.
select version, position
from eventsource_idempotency_keys
where category = ?1 and stream_id = ?2 and key = ?3
