-- Makes a live generation commit with the events, from the end of the transaction on.
-- Binds: 1 generation. Index: the rowid. Isolation: while writing.
update eventsource_generations set inline = 1 where generation = ?1 and state = 'live'
