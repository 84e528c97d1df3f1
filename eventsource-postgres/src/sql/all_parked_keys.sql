-- The keys of a generation that have parked or discarded events.
-- Binds: $1 generation. Index: parked_events_pkey. Isolation: read committed, with the checkpoints locked.
select distinct p.key from eventsource.parked_events p where p.generation = $1::bigint
