-- The owner of a partition with its last heartbeat, and the age of that in microseconds.
-- Binds: $1 generation, $2 partition.
-- Index: checkpoints_pkey. Isolation: any; one autocommit statement.
select w.worker, w.beats, w.lease,
       (pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - w.beat_at) * 1000000)::bigint
  from eventsource.checkpoints c
  join eventsource.workers w on w.worker = c.owner
 where c.generation = $1::bigint and c.partition = $2::integer
