-- Ends a transaction that somebody else left open on a borrowed connection; a warning otherwise.
-- Binds: none. Index: none. Isolation: not in a transaction afterwards.
rollback
