-- Counts the commit of a batch as a heartbeat of the worker.
-- Binds: 1 worker, 2 now. Index: the primary key. Isolation: while writing.
update eventsource_workers set beats = beats + 1, beat_at = ?2 where worker = ?1
