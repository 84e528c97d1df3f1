-- Commits wait for the disk again.
-- Binds: none. Index: none. Isolation: outside of a transaction, in which it would have no effect.
pragma synchronous = full
