-- Stops a partition.
-- Binds: 1 generation, 2 partition, 3 epoch, 4 the reason as JSON, 5 now.
-- Index: the primary key. Isolation: while writing.
update eventsource_checkpoints set stopped = ?4, stopped_at = ?5
 where generation = ?1 and partition = ?2 and epoch = ?3 and owner is not null
