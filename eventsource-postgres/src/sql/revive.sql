-- Turns a retired generation back into a building one.
-- Binds: $1 generation.
-- Index: none, the table is small. Isolation: read committed, after the lock of the name.
update eventsource.generations g
   set state = 'building', swap_when_ready = false
 where g.generation = $1::bigint
