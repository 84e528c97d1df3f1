-- Forgets what a generation that is given up has set aside.
-- Binds: 1 generation. Index: the primary key. Isolation: while writing.
delete from eventsource_parked_events where generation = ?1
