-- Resumes the stopped partitions of a generation: they can be claimed again.
-- Binds: 1 generation. Index: the primary key. Isolation: while writing.
update eventsource_checkpoints set stopped = null, stopped_at = null where generation = ?1 and stopped is not null
