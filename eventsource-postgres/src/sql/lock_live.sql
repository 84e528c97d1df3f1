-- Locks the checkpoints of the live generation of a name.
-- Binds: $1 name.
-- Index: checkpoints_pkey. Isolation: read committed, after the lock of the name.
select c.position
  from eventsource.checkpoints c
 where c.generation = (select g.generation from eventsource.generations g where g.name = $1::text and g.state = 'live')
 order by c.partition
   for update
