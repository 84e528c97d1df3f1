-- The position of a lease. No row if the lease is lost, or if the generation is inline: a worker may not know of its
-- promotion yet.
-- Binds: 1 generation, 2 partition, 3 epoch.
-- Index: the primary key. Isolation: while writing.
select c.position, g.state = 'building', g.by_name,
       (select l.generation from eventsource_generations l where l.name = g.name and l.state = 'live'),
       g.kind in ('handler', 'policy')
  from eventsource_checkpoints c
  join eventsource_generations g on g.generation = c.generation
 where c.generation = ?1 and c.partition = ?2 and c.epoch = ?3 and c.owner is not null and c.stopped is null
   and not g.inline and g.state in ('live', 'building')
