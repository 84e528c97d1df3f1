-- Gives back what a worker holds.
-- Binds: 1 worker. Index: none, the table is small. Isolation: while writing.
update eventsource_checkpoints set owner = null where owner = ?1
