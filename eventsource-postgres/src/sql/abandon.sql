-- Deletes a building or retired generation; see the function.
-- Binds: $1 generation.
-- Index: none, the table is small. Isolation: read committed, after the lock of the name.
select eventsource.delete_generation($1::bigint)
