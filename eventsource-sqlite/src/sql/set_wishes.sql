-- What shall become of a building generation once it has caught up.
-- Binds: 1 generation, 2 whether it takes the live one's place, 3 whether that is kept then, or null as it was.
-- Index: the rowid. Isolation: while writing.
update eventsource_generations
   set swap_when_ready = ?2, keep_old = coalesce(?3, keep_old)
 where generation = ?1 and state = 'building'
