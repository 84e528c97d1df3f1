-- Promotes a live generation: it is inline from the commit of the transaction on.
-- Binds: 1 generation. Index: the rowid. Isolation: while writing.
update eventsource_generations set inline = 1 where generation = ?1 and state = 'live'
