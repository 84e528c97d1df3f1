-- Name, state and schema of a generation, and whether it is inline.
-- Binds: $1 generation.
-- Index: generations_pkey. Isolation: read committed.
select g.name, g.state, g.home, g.inline
  from eventsource.generations g
 where g.generation = $1::bigint
