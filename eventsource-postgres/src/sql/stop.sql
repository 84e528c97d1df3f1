-- Stops a partition.
-- Binds: $1 generation, $2 partition, $3 epoch, $4 the reason as JSON.
-- Index: checkpoints_pkey. Isolation: read committed; one autocommit statement.
update eventsource.checkpoints c
   set stopped = $4::text::json, stopped_at = pg_catalog.clock_timestamp()
 where c.generation = $1::bigint and c.partition = $2::integer and c.epoch = $3::bigint and c.owner is not null
