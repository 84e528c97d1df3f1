-- Every generation, with each of its partitions.
-- Binds: none.
-- Index: none, the tables are small. Isolation: any; one statement.
select g.generation, g.name, g.version, g.kind, g.state, g.inline, g.swap_when_ready, g.keep_old, g.created_at,
       c.position, c.epoch, c.owner,
       c.events,
       (select count(*) from eventsource_parked_events e
         where e.generation = c.generation and e.partition = c.partition and e.discarded is null),
       (select count(distinct e.key) from eventsource_parked_events e
         where e.generation = c.generation and e.partition = c.partition and e.request is not null),
       c.last_error, c.stopped, c.stopped_at, c.updated_at,
       g.event_types, w.application, w.beats, w.lease, w.beat_at
  from eventsource_generations g
  join eventsource_checkpoints c on c.generation = g.generation
  left join eventsource_workers w on w.worker = c.owner
 order by g.name, g.generation, c.partition
