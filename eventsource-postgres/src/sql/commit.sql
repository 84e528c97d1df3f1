-- Ends a transaction behind a pooler.
-- Binds: none. Index: none. Isolation: not in a transaction afterwards.
commit
