-- Lets a commit wait for the disk.
-- Binds: none. Index: none. Isolation: outside of a transaction, in which it would not be taken.
pragma synchronous = full
