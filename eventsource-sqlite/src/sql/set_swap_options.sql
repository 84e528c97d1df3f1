-- Sets whether a building generation is swapped once it has caught up, and whether the old one is kept.
-- Binds: 1 generation, 2 whether it is swapped with the live one, 3 whether the old one is kept, or null for no change.
-- Index: the rowid. Isolation: while writing.
update eventsource_generations
   set swap_when_ready = ?2, keep_old = coalesce(?3, keep_old)
 where generation = ?1 and state = 'building'
