-- Commits wait for the disk from now on.
-- Binds: none. Index: none. Isolation: outside of a transaction, in which it would have no effect.
pragma synchronous = full
