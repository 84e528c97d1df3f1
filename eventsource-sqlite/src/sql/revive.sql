-- Turns a retired generation back into a building one, unless another one is building.
-- Binds: 1 generation.
-- Index: the rowid. Isolation: while writing.
update eventsource_generations as g
   set state = 'building', swap_when_ready = 0
 where g.generation = ?1 and g.state = 'retired'
   and not exists (select 1 from eventsource_generations o where o.name = g.name and o.state = 'building')
