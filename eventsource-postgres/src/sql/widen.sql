-- Sets the event types that a generation is read with, and revokes its leases if it has to.
-- Binds: $1 generation, $2 the event types as JSON, $3 whether the leases are revoked.
-- Index: checkpoints_pkey. Isolation: read committed, with the checkpoints locked.
with widened as (
    update eventsource.generations g
       set event_types = $2::text::json
     where g.generation = $1::bigint
    returning g.generation)
update eventsource.checkpoints c
   set epoch = c.epoch + 1, owner = null
  from widened w
 where c.generation = w.generation and $3::boolean
