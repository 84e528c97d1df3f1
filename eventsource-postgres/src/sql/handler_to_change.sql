-- The live generation of an event handler, if no other projection has the name that it is to get, with what its
-- checkpoints have in common.
-- Binds: $1 generation, $2 name.
-- Index: checkpoints_pkey. Isolation: read committed, after the locks of both names and of the checkpoints.
select pg_catalog.count(*), pg_catalog.min(c.position), pg_catalog.max(c.epoch), pg_catalog.sum(c.events)::bigint
  from eventsource.generations g
  join eventsource.checkpoints c on c.generation = g.generation
 where g.generation = $1::bigint and g.kind = 'handler' and g.state = 'live'
   and not exists (select from eventsource.generations o where o.name = $2::text and o.generation <> $1::bigint)
having pg_catalog.count(*) > 0
