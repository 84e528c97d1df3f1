-- Releases all partitions of a generation.
-- Binds: 1 generation. Index: the primary key. Isolation: while writing.
update eventsource_checkpoints set owner = null where generation = ?1
