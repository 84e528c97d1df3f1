-- The lowest position of the partitions of a generation.
-- Binds: $1 generation.
-- Index: checkpoints_pkey. Isolation: read committed: each call has a new snapshot.
select pg_catalog.min(c.position)
  from eventsource.checkpoints c
 where c.generation = $1::bigint
