-- Demotes an inline generation: it follows the log again.
-- Binds: 1 generation. Index: the rowid. Isolation: while writing, after its checkpoints were moved to the end.
update eventsource_generations set inline = 0 where generation = ?1 and inline
