-- Forgets how far a generation that is given up was.
-- Binds: 1 generation. Index: the primary key. Isolation: while writing.
delete from eventsource_checkpoints where generation = ?1
