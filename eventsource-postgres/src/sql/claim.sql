-- Claims a partition for a worker, unless another one holds its lease or its row is locked; returns the epoch.
-- Binds: $1 generation, $2 partition, $3 worker.
-- Index: checkpoints_pkey. Isolation: read committed; one autocommit statement.
with free as (
    select c.generation, c.partition
      from eventsource.checkpoints c
     where c.generation = $1::bigint and c.partition = $2::integer and c.stopped is null
       and (c.owner is null or c.owner = $3::uuid
            or not exists (select from eventsource.workers w
                            where w.worker = c.owner and w.expires_at > pg_catalog.clock_timestamp()))
       and exists (select from eventsource.generations g
                    where g.generation = $1::bigint and g.state in ('live', 'building'))
       for update of c skip locked)
update eventsource.checkpoints c
   set epoch = c.epoch + 1, owner = $3::uuid
  from free f
 where c.generation = f.generation and c.partition = f.partition
returning c.epoch
