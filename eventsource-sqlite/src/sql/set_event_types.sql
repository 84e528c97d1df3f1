-- Sets the event types that a generation is read with.
-- Binds: 1 generation, 2 the event types as JSON.
-- Index: the rowid. Isolation: while writing.
update eventsource_generations set event_types = ?2 where generation = ?1
