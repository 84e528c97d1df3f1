-- Begins a transaction with one snapshot.
-- Binds: none. Index: none. Isolation: repeatable read.
begin isolation level repeatable read, read only
