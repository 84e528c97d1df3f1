-- The live generation that belongs to a building one, and their positions.
-- Binds: 1 generation. Index: the rowid. Isolation: of one snapshot with the rows.
select l.generation,
       coalesce((select min(c.position) from eventsource_checkpoints c where c.generation = l.generation), 0),
       coalesce((select min(c.position) from eventsource_checkpoints c where c.generation = g.generation), 0)
  from eventsource_generations g
  left join eventsource_generations l on l.name = g.name and l.state = 'live'
 where g.generation = ?1 and g.state = 'building'
