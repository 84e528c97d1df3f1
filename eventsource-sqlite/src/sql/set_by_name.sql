-- Records that the code of a generation names its tables in SQL statements of its own.
-- Binds: 1 generation. Index: the rowid. Isolation: while writing.
update eventsource_generations set by_name = 1 where generation = ?1
