-- Claims a stopped partition for a worker and ends the stop, unless it was claimed since or its row is locked; returns the
-- epoch.
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
