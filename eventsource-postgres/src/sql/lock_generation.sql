-- Locks the checkpoints of a generation.
-- Binds: $1 generation.
-- Index: checkpoints_pkey. Isolation: read committed.
select c.position
  from eventsource.checkpoints c
 where c.generation = $1::bigint
 order by c.partition
   for update
