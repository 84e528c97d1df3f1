-- Turns a retired generation back into a building one.
-- Binds: 1 generation.
-- Index: the rowid. Isolation: while writing.
update eventsource_generations set state = 'building', swap_when_ready = 0 where generation = ?1
