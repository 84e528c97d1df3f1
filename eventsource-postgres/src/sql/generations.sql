-- Every generation that is not abandoned, with each of its partitions.
-- Binds: none.
-- Index: none, the tables are small. Isolation: any; one autocommit statement.
select g.generation, g.name, g.version, g.kind, g.state, g.inline, g.swap_when_ready, g.keep_old, g.created_at,
       c.position, c.epoch, c.owner,
       exists (select from eventsource.workers w
                where w.worker = c.owner and w.expires_at > pg_catalog.clock_timestamp()),
       c.events, p.parked, p.requests, c.last_error, c.stopped::text, c.stopped_at, c.updated_at,
       (select w.application from eventsource.workers w where w.worker = c.owner), g.event_types::text
  from eventsource.generations g
  join eventsource.checkpoints c on c.generation = g.generation
  cross join lateral (
       select pg_catalog.count(*) as parked,
              pg_catalog.count(distinct e.key) filter (where e.request is not null) as requests
         from eventsource.parked_events e
        where e.generation = c.generation and e.partition = c.partition and e.discarded is null) p
 where g.state <> 'abandoned'
 order by g.name, g.generation, c.partition
