-- Moves the checkpoint of a lease.
-- Binds: 1 generation, 2 partition, 3 epoch, 4 position, 5 number of events, 6 now.
-- Index: the primary key. Isolation: while writing.
update eventsource_checkpoints
   set position = ?4, events = events + ?5, last_error = null, updated_at = ?6
 where generation = ?1 and partition = ?2 and epoch = ?3
