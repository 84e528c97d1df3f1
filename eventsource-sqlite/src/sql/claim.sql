-- Claims a partition for a worker, unless another worker holds its lease; returns the epoch.
-- Binds: 1 generation, 2 partition, 3 worker, 4 dead workers as a JSON array, each with its last heartbeat: a worker that
--   has sent another one is alive.
-- Index: the primary key. Isolation: while writing.
update eventsource_checkpoints as c
   set epoch = c.epoch + 1, owner = ?3
 where c.generation = ?1 and c.partition = ?2 and c.stopped is null
   and (c.owner is null or c.owner = ?3
        or not exists (select 1 from eventsource_workers w
                        where w.worker = c.owner
                          and lower(hex(w.worker)) || ':' || w.beats not in (select value from json_each(?4))))
   and exists (select 1 from eventsource_generations g
                where g.generation = ?1 and g.state in ('live', 'building'))
returning epoch
