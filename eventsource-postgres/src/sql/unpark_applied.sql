-- Deletes a parked event that was applied.
-- Binds: $1 generation, $2 position, $3 key.
-- Index: parked_events_pkey. Isolation: read committed, with the checkpoint locked.
delete from eventsource.parked_events p
 where p.generation = $1::bigint and p.position = $2::bigint and p.key = $3::text
