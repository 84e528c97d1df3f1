-- Deletes a worker.
-- Binds: 1 worker. Index: the primary key. Isolation: while writing.
delete from eventsource_workers where worker = ?1
