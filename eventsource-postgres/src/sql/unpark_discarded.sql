-- Discards a parked event.
-- Binds: $1 generation, $2 position, $3 key, $4 reason.
-- Index: either of the unique indexes that have these columns. Isolation: read committed, with the checkpoint locked.
update eventsource.parked_events p
   set discarded = $4::text, discarded_at = pg_catalog.clock_timestamp(), request = null, request_reason = null
 where p.generation = $1::bigint and p.position = $2::bigint and p.key = $3::text
