-- A building generation, the live one of its name, and their positions.
-- Binds: $1 generation.
-- Index: none, the table is small. Isolation: repeatable read, in the snapshot of the rows.
select g.home,
       coalesce((select pg_catalog.min(c.position) from eventsource.checkpoints c
                   join eventsource.generations l on l.generation = c.generation
                  where l.name = g.name and l.state = 'live'), 0),
       coalesce((select pg_catalog.min(c.position) from eventsource.checkpoints c where c.generation = g.generation), 0)
  from eventsource.generations g
 where g.generation = $1::bigint and g.state = 'building'
