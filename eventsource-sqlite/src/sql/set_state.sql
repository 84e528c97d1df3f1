-- Sets the state of a generation. It is not inline afterwards.
-- Binds: 1 generation, 2 state.
-- Index: the rowid. Isolation: while writing.
update eventsource_generations set state = ?2, inline = 0, swap_when_ready = 0 where generation = ?1
