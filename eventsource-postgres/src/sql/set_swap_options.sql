-- Sets whether a building generation is swapped once it has caught up, and whether the old one is then kept.
-- Binds: $1 generation, $2 whether it is swapped with the live one, $3 whether the old one is kept, or null for no change.
-- Index: none, the table is small. Isolation: any; one autocommit statement.
update eventsource.generations g
   set swap_when_ready = $2::boolean, keep_old = coalesce($3::boolean, g.keep_old)
 where g.generation = $1::bigint and g.state = 'building'
