-- Promotes a live generation: it is inline from the commit of the transaction on.
-- Binds: $1 generation.
-- Index: none, the table is small. Isolation: read committed, while appends are held.
update eventsource.generations g
   set inline = true
 where g.generation = $1::bigint and g.state = 'live'
