-- Resumes the stopped partitions of a generation: they can be claimed again.
-- Binds: $1 generation.
-- Index: checkpoints_pkey. Isolation: read committed; one autocommit statement.
update eventsource.checkpoints c
   set stopped = null, stopped_at = null
 where c.generation = $1::bigint and c.stopped is not null
