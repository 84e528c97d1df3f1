-- How far a generation is.
-- Binds: $1 generation.
-- Index: checkpoints_pkey. Isolation: read committed: each call looks anew.
select pg_catalog.min(c.position)
  from eventsource.checkpoints c
 where c.generation = $1::bigint
