-- Makes a live generation commit with the events, from the end of the transaction on.
-- Binds: $1 generation.
-- Index: none, the table is small. Isolation: read committed, while appends are held.
update eventsource.generations g
   set inline = true
 where g.generation = $1::bigint and g.state = 'live'
