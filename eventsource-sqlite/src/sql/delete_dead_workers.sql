-- Deletes dead workers.
-- Binds: 1 the workers as a JSON array, each with its last heartbeat: a worker that has sent another one stays.
-- Index: none, the table is small. Isolation: while writing.
delete from eventsource_workers where lower(hex(worker)) || ':' || beats in (select value from json_each(?1))
