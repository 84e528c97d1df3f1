-- Demotes an inline generation: it follows the log again, from its end on.
-- Binds: $1 generation.
-- Index: none, the table is small. Isolation: read committed, while appends are held: the horizon is the end of the log.
with demoted as (
    update eventsource.generations g
       set inline = false
     where g.generation = $1::bigint and g.inline
    returning g.generation)
update eventsource.checkpoints c
   set position = eventsource.horizon(), updated_at = pg_catalog.clock_timestamp()
  from demoted d
 where c.generation = d.generation
