-- Records the last error of a partition.
-- Binds: $1 generation, $2 partition, $3 epoch, $4 error or null.
-- Index: checkpoints_pkey. Isolation: read committed; one autocommit statement.
update eventsource.checkpoints c
   set last_error = $4::text
 where c.generation = $1::bigint and c.partition = $2::integer and c.epoch = $3::bigint and c.owner is not null
