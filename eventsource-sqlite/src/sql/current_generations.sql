-- The live and the building generation of a name.
-- Binds: 1 name.
-- Index: none, the table is small. Isolation: while writing.
select generation, version, state
  from eventsource_generations
 where name = ?1 and state in ('live', 'building')
 order by generation
