-- Claims a partition for a worker, unless another one holds its lease or its row is locked; returns the epoch.
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
