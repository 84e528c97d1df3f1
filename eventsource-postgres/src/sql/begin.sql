-- Begins the transaction of a call that goes through a transaction pooler.
-- Binds: none. Index: none. Isolation: every statement sees what was committed before it.
begin isolation level read committed
