-- Releases all partitions of a worker.
-- Binds: 1 worker. Index: none, the table is small. Isolation: while writing.
update eventsource_checkpoints set owner = null where owner = ?1
