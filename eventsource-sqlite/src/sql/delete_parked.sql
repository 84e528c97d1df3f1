-- Deletes the parked events of an abandoned generation.
-- Binds: 1 generation. Index: the primary key. Isolation: while writing.
delete from eventsource_parked_events where generation = ?1
