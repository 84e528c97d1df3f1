-- The keys of a generation that have parked or discarded events.
-- Binds: 1 generation. Index: the primary key. Isolation: while writing.
select distinct key from eventsource_parked_events where generation = ?1
