-- The tables and views of a generation.
-- Binds: 1 generation. Index: the primary key. Isolation: any.
select kind, name, sql from eventsource_objects where generation = ?1 order by name
