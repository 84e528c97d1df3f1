-- Records the last error of a partition.
-- Binds: 1 generation, 2 partition, 3 epoch, 4 error or null. Index: the primary key. Isolation: while writing.
update eventsource_checkpoints set last_error = ?4
 where generation = ?1 and partition = ?2 and epoch = ?3 and owner is not null
