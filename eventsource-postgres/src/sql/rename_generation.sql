-- Gives a generation another name, and revokes its leases.
-- Binds: $1 generation, $2 name.
-- Index: checkpoints_pkey. Isolation: read committed, with the checkpoints locked.
with renamed as (
    update eventsource.generations g
       set name = $2::text
     where g.generation = $1::bigint
    returning g.generation)
update eventsource.checkpoints c
   set epoch = c.epoch + 1, owner = null
  from renamed r
 where c.generation = r.generation
