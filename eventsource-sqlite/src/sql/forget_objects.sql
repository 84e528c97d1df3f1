-- Forgets the tables of a generation that is given up.
-- Binds: 1 generation. Index: the primary key. Isolation: while writing.
delete from eventsource_objects where generation = ?1
