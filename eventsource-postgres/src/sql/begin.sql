-- Begins a transaction behind a pooler, which keeps one backend for its length.
-- Binds: none. Index: none. Isolation: read committed.
begin isolation level read committed
