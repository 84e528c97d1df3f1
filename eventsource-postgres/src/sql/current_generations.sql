-- The live and the building generation of a name, and the schema of the live tables.
-- Binds: $1 name.
-- Index: none, the table is small. Isolation: read committed, after the lock of the name.
select g.generation, g.version, g.state, g.home
  from eventsource.generations g
 where g.name = $1::text and g.state in ('live', 'building')
 order by g.generation
