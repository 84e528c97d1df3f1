-- Claims a stopped partition for a worker and ends the stop, unless it was claimed since; returns the epoch.
-- Binds: 1 generation, 2 partition, 3 the epoch in which it stopped, 4 worker.
-- Index: the primary key. Isolation: while writing.
update eventsource_checkpoints as c
   set epoch = c.epoch + 1, owner = ?4, stopped = null, stopped_at = null
 where c.generation = ?1 and c.partition = ?2 and c.epoch = ?3 and c.stopped is not null
   and exists (select 1 from eventsource_generations g
                where g.generation = ?1 and g.state in ('live', 'building'))
returning epoch
