-- Sets the checkpoints of an inline generation to its position, which is the end of the log.
-- Binds: 1 generation, 2 now. Index: the primary key. Isolation: while writing.
update eventsource_checkpoints
   set position = (select coalesce(max(e.position), 0) from eventsource_events e), updated_at = ?2
 where generation = ?1
   and exists (select 1 from eventsource_generations g where g.generation = ?1 and g.inline)
