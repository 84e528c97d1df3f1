-- Begins a transaction behind a pooler, which then keeps one backend until it ends.
-- Binds: none. Index: none. Isolation: read committed.
begin isolation level read committed
