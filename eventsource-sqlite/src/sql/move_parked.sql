-- Moves the parked events of a key to a partition.
-- Binds: 1 generation, 2 key, 3 partition. Index: eventsource_parked_events_key. Isolation: while writing.
update eventsource_parked_events set partition = ?3 where generation = ?1 and key = ?2
