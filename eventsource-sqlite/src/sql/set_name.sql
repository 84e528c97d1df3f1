-- Gives a generation another name.
-- Binds: 1 generation, 2 name. Index: the primary key. Isolation: while writing.
update eventsource_generations set name = ?2 where generation = ?1
