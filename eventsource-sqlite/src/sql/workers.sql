-- All workers.
-- Binds: none. Index: none, the table is small. Isolation: while writing.
select worker, application, supports, beats, lease, beat_at from eventsource_workers order by worker
