-- Deletes an abandoned generation. Its number is not given again.
-- Binds: 1 generation. Index: the rowid. Isolation: while writing.
delete from eventsource_generations where generation = ?1
