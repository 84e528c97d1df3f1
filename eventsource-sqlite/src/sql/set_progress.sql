-- Sets the epoch of all checkpoints of a generation, which have no owner then, and how many events the first has applied.
-- Binds: 1 generation, 2 epoch, 3 number of events.
-- Index: the primary key. Isolation: while writing.
update eventsource_checkpoints
   set epoch = ?2, owner = null, events = case when partition = 0 then ?3 else 0 end
 where generation = ?1
