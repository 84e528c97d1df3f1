-- The schema of the live tables of a building generation, and the positions of the live and the building generation.
-- Binds: $1 generation.
-- Index: none, the table is small. Isolation: repeatable read, in the snapshot of the rows.
select g.home,
       coalesce((select pg_catalog.min(c.position) from eventsource.checkpoints c
                   join eventsource.generations l on l.generation = c.generation
                  where l.name = g.name and l.state = 'live'), 0),
       coalesce((select pg_catalog.min(c.position) from eventsource.checkpoints c where c.generation = g.generation), 0)
  from eventsource.generations g
 where g.generation = $1::bigint and g.state = 'building'
