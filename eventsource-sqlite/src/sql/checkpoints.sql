-- Checkpoints: position and lease of each partition of a generation.

-- name: insert_checkpoints
-- Creates the checkpoints of a generation, all at the same position.
-- Binds: 1 generation, 2 number of partitions, 3 position, or null for the end of the log, 4 now.
-- Index: none. Isolation: while writing.
with recursive p (number) as (select 0 union all select number + 1 from p where number + 1 < ?2)
insert into eventsource_checkpoints (generation, partition, position, epoch, events, updated_at)
select ?1, p.number, coalesce(?3, (select max(e.position) from eventsource_events e), 0), 0, 0, ?4
  from p

-- name: delete_checkpoints
-- Deletes the checkpoints of an abandoned generation.
-- Binds: 1 generation. Index: the primary key. Isolation: while writing.
delete from eventsource_checkpoints where generation = ?1

-- name: claim
-- Claims a partition for a worker, unless another worker holds its lease; returns the epoch.
-- Rule: leases::may_claim.
-- Binds: 1 generation, 2 partition, 3 worker, 4 dead workers as a JSON array, each with its last heartbeat: a worker that
--   has sent another one is alive.
-- Index: the primary key. Isolation: while writing.
update eventsource_checkpoints as c
   set epoch = c.epoch + 1, owner = ?3
 where c.generation = ?1 and c.partition = ?2 and c.stopped is null
   and (c.owner is null or c.owner = ?3
        or not exists (select 1 from eventsource_workers w
                        where w.worker = c.owner
                          and lower(hex(w.worker)) || ':' || w.beats not in (select value from json_each(?4))))
   and exists (select 1 from eventsource_generations g
                where g.generation = ?1 and g.state in ('live', 'building'))
returning epoch

-- name: claim_stopped
-- Claims a stopped partition for a worker and ends the stop, unless it was claimed since; returns the epoch.
-- Rule: leases::may_claim.
-- Binds: 1 generation, 2 partition, 3 the epoch in which it stopped, 4 worker.
-- Index: the primary key. Isolation: while writing.
update eventsource_checkpoints as c
   set epoch = c.epoch + 1, owner = ?4, stopped = null, stopped_at = null
 where c.generation = ?1 and c.partition = ?2 and c.epoch = ?3 and c.stopped is not null
   and exists (select 1 from eventsource_generations g
                where g.generation = ?1 and g.state in ('live', 'building'))
returning epoch

-- name: owner
-- The owner of a partition with its last heartbeat.
-- Binds: 1 generation, 2 partition. Index: the primary keys. Isolation: any; one statement.
select w.worker, w.beats, w.lease, w.beat_at
  from eventsource_checkpoints c
  join eventsource_workers w on w.worker = c.owner
 where c.generation = ?1 and c.partition = ?2

-- name: enter
-- The position of a lease. No row if the lease is lost, or if the generation is inline: a worker may not know of its
-- promotion yet.
-- Rule: leases::begin.
-- Binds: 1 generation, 2 partition, 3 epoch.
-- Index: the primary key. Isolation: while writing.
select c.position, g.state = 'building', g.by_name,
       (select l.generation from eventsource_generations l where l.name = g.name and l.state = 'live'),
       g.kind in ('handler', 'policy', 'process', 'scheduled')
  from eventsource_checkpoints c
  join eventsource_generations g on g.generation = c.generation
 where c.generation = ?1 and c.partition = ?2 and c.epoch = ?3 and c.owner is not null and c.stopped is null
   and not g.inline and g.state in ('live', 'building')

-- name: advance
-- Moves the checkpoint of a lease.
-- Rule: leases::advance.
-- Binds: 1 generation, 2 partition, 3 epoch, 4 position, 5 number of events, 6 now.
-- Index: the primary key. Isolation: while writing.
update eventsource_checkpoints
   set position = ?4, events = events + ?5, last_error = null, updated_at = ?6
 where generation = ?1 and partition = ?2 and epoch = ?3

-- name: checkpoints_to_end
-- Sets the checkpoints of an inline generation to its position, which is the end of the log.
-- Rule: generations::demote.
-- Binds: 1 generation, 2 now. Index: the primary key. Isolation: while writing.
update eventsource_checkpoints
   set position = (select coalesce(max(e.position), 0) from eventsource_events e), updated_at = ?2
 where generation = ?1
   and exists (select 1 from eventsource_generations g where g.generation = ?1 and g.inline)

-- name: note_error
-- Records the last error of a partition.
-- Rule: leases::note_error.
-- Binds: 1 generation, 2 partition, 3 epoch, 4 error or null. Index: the primary key. Isolation: while writing.
update eventsource_checkpoints set last_error = ?4
 where generation = ?1 and partition = ?2 and epoch = ?3 and owner is not null

-- name: stop
-- Stops a partition.
-- Rule: leases::stop.
-- Binds: 1 generation, 2 partition, 3 epoch, 4 the reason as JSON, 5 now.
-- Index: the primary key. Isolation: while writing.
update eventsource_checkpoints set stopped = ?4, stopped_at = ?5
 where generation = ?1 and partition = ?2 and epoch = ?3 and owner is not null

-- name: resume
-- Resumes the stopped partitions of a generation: they can be claimed again.
-- Rule: leases::resume.
-- Binds: 1 generation. Index: the primary key. Isolation: while writing.
update eventsource_checkpoints set stopped = null, stopped_at = null where generation = ?1 and stopped is not null

-- name: release
-- Releases a partition.
-- Rule: leases::release.
-- Binds: 1 generation, 2 partition, 3 epoch. Index: the primary key. Isolation: while writing.
update eventsource_checkpoints set owner = null
 where generation = ?1 and partition = ?2 and epoch = ?3 and owner is not null

-- name: release_generation
-- Releases all partitions of a generation.
-- Rule: generations::retire.
-- Binds: 1 generation. Index: the primary key. Isolation: while writing.
update eventsource_checkpoints set owner = null where generation = ?1

-- name: revoke
-- Revokes all leases of a generation.
-- Rule: leases::revoke.
-- Binds: 1 generation.
-- Index: the primary key. Isolation: while writing.
update eventsource_checkpoints set epoch = epoch + 1, owner = null where generation = ?1

-- name: set_progress
-- Sets the epoch of all checkpoints of a generation, which have no owner then, and how many events the first has applied.
-- Binds: 1 generation, 2 epoch, 3 number of events.
-- Index: the primary key. Isolation: while writing.
update eventsource_checkpoints
   set epoch = ?2, owner = null, events = case when partition = 0 then ?3 else 0 end
 where generation = ?1
