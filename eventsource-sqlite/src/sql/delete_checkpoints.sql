-- Deletes the checkpoints of an abandoned generation.
-- Binds: 1 generation. Index: the primary key. Isolation: while writing.
delete from eventsource_checkpoints where generation = ?1
