-- Releases a partition.
-- Binds: $1 generation, $2 partition, $3 epoch.
-- Index: checkpoints_pkey. Isolation: read committed; one autocommit statement.
update eventsource.checkpoints c
   set owner = null
 where c.generation = $1::bigint and c.partition = $2::integer and c.epoch = $3::bigint and c.owner is not null
