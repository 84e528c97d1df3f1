-- What shall become of a building generation once it has caught up.
-- Binds: $1 generation, $2 whether it takes the live one's place, $3 whether that is kept then, or null as it was.
-- Index: none, the table is small. Isolation: any; one autocommit statement.
update eventsource.generations g
   set swap_when_ready = $2::boolean, keep_old = coalesce($3::boolean, g.keep_old)
 where g.generation = $1::bigint and g.state = 'building'
