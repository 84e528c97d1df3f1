-- Begins a read-only transaction in which every statement sees the same snapshot.
-- Binds: none. Index: none. Isolation: repeatable read.
begin isolation level repeatable read, read only
