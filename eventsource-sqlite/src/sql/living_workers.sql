-- Who lives.
-- Binds: 1 now, 2 a worker that does whatever the time is. Index: none, the table is small. Isolation: while writing.
select worker, application, serves from eventsource_workers where lives_until > ?1 or worker = ?2 order by worker
