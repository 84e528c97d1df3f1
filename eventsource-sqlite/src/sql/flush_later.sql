-- Lets a commit not wait for the disk.
-- Binds: none. Index: none. Isolation: outside of a transaction, in which it would not be taken.
pragma synchronous = normal
