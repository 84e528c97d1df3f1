-- The workers whose lease has not expired.
-- Binds: 1 now, 2 a worker that is included in any case. Index: none, the table is small. Isolation: while writing.
select worker, application, supports from eventsource_workers where expires_at > ?1 or worker = ?2 order by worker
