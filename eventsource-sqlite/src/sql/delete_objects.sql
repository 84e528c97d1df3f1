-- Deletes the list of tables and views of an abandoned generation.
-- Binds: 1 generation. Index: the primary key. Isolation: while writing.
delete from eventsource_objects where generation = ?1
