-- A generation as it stands.
-- Binds: $1 generation.
-- Index: generations_pkey. Isolation: read committed.
select g.name, g.state, g.home, g.inline
  from eventsource.generations g
 where g.generation = $1::bigint
