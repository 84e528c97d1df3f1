-- Every generation, with each of its partitions.
-- Binds: none.
-- Index: of the parked events parked_events_waiting_key and parked_events_request_key; the other tables are small.
-- Isolation: any; one autocommit statement.
select g.generation, g.name, g.version, g.kind, g.state, g.inline, g.swap_when_ready, g.keep_old, g.created_at,
       c.position, c.epoch, c.owner,
       c.events,
       coalesce(p.parked, 0), coalesce(r.requests, 0),
       c.last_error, c.stopped::text, c.stopped_at, c.updated_at,
       g.event_types::text, w.application, w.beats, w.lease,
       (pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - w.beat_at) * 1000000)::bigint
  from eventsource.generations g
  join eventsource.checkpoints c on c.generation = g.generation
  left join eventsource.workers w on w.worker = c.owner
  -- Each read once, and not for each partition: there may be many. Those that were discarded are not read.
  left join (
       select e.generation, e.partition, pg_catalog.count(*) as parked
         from eventsource.parked_events e
        where e.discarded is null
        group by e.generation, e.partition) p on p.generation = c.generation and p.partition = c.partition
  left join (
       select e.generation, e.partition, pg_catalog.count(distinct e.key) as requests
         from eventsource.parked_events e
        where e.request is not null
        group by e.generation, e.partition) r on r.generation = c.generation and r.partition = c.partition
 order by g.name, g.generation, c.partition
