-- Extends the lease of a worker at the end of a batch.
-- Binds: 1 worker, 2 now. Index: the primary key. Isolation: while writing.
-- A lease may be longer than the largest time.
update eventsource_workers
   set expires_at = max(expires_at, ?2 + min(lease, 9223372036854775807 - ?2))
 where worker = ?1
