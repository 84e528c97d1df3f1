-- Releases a partition.
-- Binds: 1 generation, 2 partition, 3 epoch. Index: the primary key. Isolation: while writing.
update eventsource_checkpoints set owner = null
 where generation = ?1 and partition = ?2 and epoch = ?3 and owner is not null
