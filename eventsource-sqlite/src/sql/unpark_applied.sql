-- Deletes a parked event that was applied.
-- Binds: 1 generation, 2 position, 3 key. Index: the primary key. Isolation: while writing.
delete from eventsource_parked_events where generation = ?1 and position = ?2 and key = ?3
