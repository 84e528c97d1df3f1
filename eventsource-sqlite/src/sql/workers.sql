-- Workers, which own partitions.

-- name: heartbeat
-- Records a heartbeat.
-- Binds: 1 worker, 2 application, 3 the projections that it supports, 4 length of its lease, 5 now.
-- Index: the primary key. Isolation: while writing.
insert into eventsource_workers (worker, application, supports, beats, lease, beat_at, joined_at)
values (?1, ?2, ?3, 1, ?4, ?5, ?5)
    on conflict (worker) do update
   set application = excluded.application, supports = excluded.supports, beats = beats + 1, lease = excluded.lease,
       beat_at = excluded.beat_at

-- name: beat
-- Counts the commit of a batch as a heartbeat of the worker.
-- Binds: 1 worker, 2 now. Index: the primary key. Isolation: while writing.
update eventsource_workers set beats = beats + 1, beat_at = ?2 where worker = ?1

-- name: workers
-- All workers.
-- Binds: none. Index: none, the table is small. Isolation: while writing.
select worker, application, supports, beats, lease, beat_at from eventsource_workers order by worker

-- name: leave
-- Releases all partitions of a worker.
-- Rule: leases::leave.
-- Binds: 1 worker. Index: none, the table is small. Isolation: while writing.
update eventsource_checkpoints set owner = null where owner = ?1

-- name: delete_worker
-- Deletes a worker.
-- Binds: 1 worker. Index: the primary key. Isolation: while writing.
delete from eventsource_workers where worker = ?1

-- name: delete_dead_workers
-- Deletes dead workers.
-- Binds: 1 the workers as a JSON array, each with its last heartbeat: a worker that has sent another one stays.
-- Index: none, the table is small. Isolation: while writing.
delete from eventsource_workers where lower(hex(worker)) || ':' || beats in (select value from json_each(?1))
