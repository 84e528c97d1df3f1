-- Workers, which own partitions.

-- name: heartbeat
-- Records a heartbeat, deletes workers that died long ago, and returns all workers, with the age of their last heartbeats in
-- microseconds.
-- Binds: $1 worker, $2 application, $3 what it supports, $4 length of the lease in microseconds, $5 workers to delete,
--   $6 their last heartbeats: a worker that has sent another one stays.
-- Index: none, the tables are small. Isolation: any; one autocommit statement.
with beating as (
    insert into eventsource.workers as w (worker, application, supports, beats, lease, beat_at, joined_at)
    values ($1::uuid, $2::text, $3::text::json, 1, $4::bigint, pg_catalog.clock_timestamp(), pg_catalog.clock_timestamp())
        on conflict (worker) do update
       set application = excluded.application, supports = excluded.supports, beats = w.beats + 1,
           lease = excluded.lease, beat_at = excluded.beat_at
    returning w.beats),
forgotten as (
    delete from eventsource.workers w
     using (select d.worker
              from eventsource.workers d
              join rows from (pg_catalog.unnest($5::uuid[]), pg_catalog.unnest($6::bigint[])) f (worker, beats) on f.worker = d.worker and f.beats = d.beats
             where d.worker <> $1::uuid
               for update of d skip locked) d
     where w.worker = d.worker)
select $1::uuid, $2::text, $3::text, b.beats, $4::bigint, 0::bigint
  from beating b
 union all
select o.worker, o.application, o.supports, o.beats, o.lease, o.age
  from (select w.worker, w.application, w.supports::text as supports, w.beats, w.lease,
               (pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - w.beat_at) * 1000000)::bigint as age
          from eventsource.workers w
         where w.worker <> $1::uuid
         order by w.worker) o

-- name: leave
-- Deletes a worker and releases its partitions. A partition whose row is locked by a transaction of the worker itself
-- can be claimed too once that transaction ends, since its owner no longer exists.
-- Rule: leases::leave.
-- Binds: $1 worker.
-- Index: none, the tables are small. Isolation: read committed; one autocommit statement.
with ended as (
    delete from eventsource.workers w where w.worker = $1::uuid)
update eventsource.checkpoints c
   set owner = null
  from (select h.generation, h.partition
          from eventsource.checkpoints h
         where h.owner = $1::uuid
           for update skip locked) h
 where c.generation = h.generation and c.partition = h.partition
