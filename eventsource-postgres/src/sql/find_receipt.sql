-- The receipt of the append that used a key on a stream, and the request that the key was used for.
-- Binds: $1 category, $2 stream id, $3 key.
-- Index: idempotency_keys_pkey. Isolation: any; one autocommit statement.
select version, position, command, content
  from eventsource.idempotency_keys
 where category = $1::text and stream_id = $2::text and key = $3::text
