-- Commits no longer wait for the disk.
-- Binds: none. Index: none. Isolation: outside of a transaction, in which it would have no effect.
pragma synchronous = normal
