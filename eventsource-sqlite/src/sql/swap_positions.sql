-- The positions of a live generation, which is the end of the log if it is inline, and of a building generation.
-- Binds: 1 the live generation, 2 the building generation. Index: the primary key. Isolation: while writing.
select (select case when g.inline then (select coalesce(max(e.position), 0) from eventsource_events e)
                    else (select max(c.position) from eventsource_checkpoints c where c.generation = ?1) end
          from eventsource_generations g where g.generation = ?1),
       (select min(c.position) from eventsource_checkpoints c where c.generation = ?2)
