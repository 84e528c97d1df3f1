-- Deletes a parked event that was applied.
-- Binds: $1 generation, $2 position, $3 key.
-- Index: either of the unique indexes that have these columns. Isolation: read committed, with the checkpoint locked.
delete from eventsource.parked_events p
 where p.generation = $1::bigint and p.position = $2::bigint and p.key = $3::text
