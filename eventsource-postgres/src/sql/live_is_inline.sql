-- Whether the live generation of a name is inline.
-- Binds: $1 name.
-- Index: none, the table is small. Isolation: read committed, after the lock of the name.
select exists (select from eventsource.generations g where g.name = $1::text and g.state = 'live' and g.inline)
