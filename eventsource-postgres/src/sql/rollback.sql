-- Ends a transaction that the application left open on a connection of a shared pool; a warning otherwise.
-- Binds: none. Index: none. Isolation: not in a transaction afterwards.
rollback
