-- A generation and its status, and the live one of its name.
-- Binds: 1 generation.
-- Index: eventsource_generations, its rowid. Isolation: any.
select g.name, g.state, g.inline,
       (select l.generation from eventsource_generations l where l.name = g.name and l.state = 'live')
  from eventsource_generations g
 where g.generation = ?1
