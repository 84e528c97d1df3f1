-- Begins a transaction that sees one state of everything.
-- Binds: none. Index: none. Isolation: repeatable read.
begin isolation level repeatable read, read only
