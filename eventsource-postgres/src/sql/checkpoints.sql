-- Checkpoints: position and lease of each partition of a generation.

-- name: claim
-- Claims a partition for a worker, unless another one holds its lease or its row is locked; returns the epoch.
-- Rule: leases::may_claim.
-- Binds: $1 generation, $2 partition, $3 worker, $4 dead workers, $5 their last heartbeats: a worker that has sent another
--   one is alive.
-- Index: checkpoints_pkey. Isolation: read committed; one autocommit statement.
with free as (
    select c.generation, c.partition
      from eventsource.checkpoints c
     where c.generation = $1::bigint and c.partition = $2::integer and c.stopped is null
       and (c.owner is null or c.owner = $3::uuid
            or not exists (select from eventsource.workers w
                            where w.worker = c.owner
                              and not exists (select from rows from (pg_catalog.unnest($4::uuid[]), pg_catalog.unnest($5::bigint[])) d (worker, beats)
                                               where d.worker = w.worker and d.beats = w.beats)))
       and exists (select from eventsource.generations g
                    where g.generation = $1::bigint and g.state in ('live', 'building'))
       for update of c skip locked)
update eventsource.checkpoints c
   set epoch = c.epoch + 1, owner = $3::uuid
  from free f
 where c.generation = f.generation and c.partition = f.partition
returning c.epoch

-- name: claim_stopped
-- Claims a stopped partition for a worker and ends the stop, unless it was claimed since or its row is locked; returns the
-- epoch.
-- Rule: leases::may_claim.
-- Binds: $1 generation, $2 partition, $3 the epoch in which it stopped, $4 worker.
-- Index: checkpoints_pkey. Isolation: read committed; one autocommit statement.
with stopped as (
    select c.generation, c.partition
      from eventsource.checkpoints c
     where c.generation = $1::bigint and c.partition = $2::integer and c.epoch = $3::bigint and c.stopped is not null
       and exists (select from eventsource.generations g
                    where g.generation = $1::bigint and g.state in ('live', 'building'))
       for update of c skip locked)
update eventsource.checkpoints c
   set epoch = c.epoch + 1, owner = $4::uuid, stopped = null, stopped_at = null
  from stopped s
 where c.generation = s.generation and c.partition = s.partition
returning c.epoch

-- name: owner
-- The owner of a partition with its last heartbeat, and the age of that in microseconds.
-- Binds: $1 generation, $2 partition.
-- Index: checkpoints_pkey. Isolation: any; one autocommit statement.
select w.worker, w.beats, w.lease,
       (pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - w.beat_at) * 1000000)::bigint
  from eventsource.checkpoints c
  join eventsource.workers w on w.worker = c.owner
 where c.generation = $1::bigint and c.partition = $2::integer

-- name: enter
-- Begins a worker's transaction on a partition; see the function.
-- Rule: leases::begin.
-- Binds: $1 generation, $2 partition, $3 epoch.
-- Index: none. Isolation: read committed, within a transaction.
select e.position, e.building
  from eventsource.enter($1::bigint, $2::integer, $3::bigint) e

-- name: advance
-- Moves the checkpoint of a lease; returns how many were moved: none if the lease is lost.
-- Rule: leases::advance.
-- Binds: $1 generation, $2 partition, $3 epoch, $4 position, $5 number of events.
-- Index: checkpoints_pkey. Isolation: read committed, with the row locked.
with moved as (
    update eventsource.checkpoints c
       set position = $4::bigint, events = c.events + $5::bigint, last_error = null,
           updated_at = pg_catalog.clock_timestamp()
     where c.generation = $1::bigint and c.partition = $2::integer and c.epoch = $3::bigint
    returning 1)
select (select pg_catalog.count(*) from moved), null::text

-- name: advance_building
-- Moves the checkpoint of a building generation's lease, unless this transaction has written tables that do not
-- belong to the generation; returns how many were moved, and those tables.
-- Rule: leases::advance.
-- Binds: $1 generation, $2 partition, $3 epoch, $4 position, $5 number of events.
-- Index: checkpoints_pkey. Isolation: read committed, with the row locked.
with written as (
    select pg_catalog.string_agg(distinct c.oid::pg_catalog.regclass::text, ', ') as tables
      from pg_catalog.pg_locks l
      join pg_catalog.pg_class c on c.oid = l.relation and c.relkind in ('r', 'p')
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where l.pid = pg_catalog.pg_backend_pid() and l.locktype = 'relation' and l.mode = 'RowExclusiveLock'
       and n.nspname not in ('eventsource', 'pg_catalog', 'pg_toast', pg_catalog.concat('eventsource_', $1::bigint))
       and n.oid <> pg_catalog.pg_my_temp_schema()),
moved as (
    update eventsource.checkpoints c
       set position = $4::bigint, events = c.events + $5::bigint, last_error = null,
           updated_at = pg_catalog.clock_timestamp()
      from written w
     where c.generation = $1::bigint and c.partition = $2::integer and c.epoch = $3::bigint and w.tables is null
    returning 1)
select (select pg_catalog.count(*) from moved), (select w.tables from written w)

-- name: least_position
-- The lowest position of the partitions of a generation.
-- Binds: $1 generation.
-- Index: checkpoints_pkey. Isolation: read committed: each call has a new snapshot.
select pg_catalog.min(c.position)
  from eventsource.checkpoints c
 where c.generation = $1::bigint

-- name: lock_generation
-- Locks the checkpoints of a generation.
-- Binds: $1 generation.
-- Index: checkpoints_pkey. Isolation: read committed.
select c.position
  from eventsource.checkpoints c
 where c.generation = $1::bigint
 order by c.partition
   for update

-- name: lock_live
-- Locks the checkpoints of the live generation of a name.
-- Binds: $1 name.
-- Index: checkpoints_pkey. Isolation: read committed, after the lock of the name.
select c.position
  from eventsource.checkpoints c
 where c.generation = (select g.generation from eventsource.generations g where g.name = $1::text and g.state = 'live')
 order by c.partition
   for update

-- name: note_error
-- Records the last error of a partition.
-- Rule: leases::note_error.
-- Binds: $1 generation, $2 partition, $3 epoch, $4 error or null.
-- Index: checkpoints_pkey. Isolation: read committed; one autocommit statement.
update eventsource.checkpoints c
   set last_error = $4::text
 where c.generation = $1::bigint and c.partition = $2::integer and c.epoch = $3::bigint and c.owner is not null

-- name: stop
-- Stops a partition.
-- Rule: leases::stop.
-- Binds: $1 generation, $2 partition, $3 epoch, $4 the reason as JSON.
-- Index: checkpoints_pkey. Isolation: read committed; one autocommit statement.
update eventsource.checkpoints c
   set stopped = $4::text::json, stopped_at = pg_catalog.clock_timestamp()
 where c.generation = $1::bigint and c.partition = $2::integer and c.epoch = $3::bigint and c.owner is not null

-- name: resume
-- Resumes the stopped partitions of a generation: they can be claimed again.
-- Rule: leases::resume.
-- Binds: $1 generation.
-- Index: checkpoints_pkey. Isolation: read committed; one autocommit statement.
update eventsource.checkpoints c
   set stopped = null, stopped_at = null
 where c.generation = $1::bigint and c.stopped is not null

-- name: release
-- Releases a partition.
-- Rule: leases::release.
-- Binds: $1 generation, $2 partition, $3 epoch.
-- Index: checkpoints_pkey. Isolation: read committed; one autocommit statement.
update eventsource.checkpoints c
   set owner = null
 where c.generation = $1::bigint and c.partition = $2::integer and c.epoch = $3::bigint and c.owner is not null

-- name: delete_checkpoints
-- Deletes the checkpoints of a generation, which then gets others.
-- Binds: $1 generation. Index: checkpoints_pkey. Isolation: read committed, with the checkpoints locked.
delete from eventsource.checkpoints where generation = $1::bigint

-- name: insert_checkpoints
-- Creates the checkpoints of a generation, all at the same position. The first counts the events that were applied.
-- Binds: $1 generation, $2 number of partitions, $3 position, $4 epoch, $5 number of events.
-- Index: none. Isolation: read committed, after the former ones were deleted.
insert into eventsource.checkpoints (generation, partition, position, epoch, events, updated_at)
select $1::bigint, p.number, $3::bigint, $4::bigint, case when p.number = 0 then $5::bigint else 0 end,
       pg_catalog.clock_timestamp()
  from pg_catalog.generate_series(0, $2::integer - 1) as p(number)
