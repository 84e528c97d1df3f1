-- Connections: their transactions and settings.

-- name: begin
-- Begins a write transaction: takes the write lock immediately, not with the first write, so that its reads stay valid
-- until it ends.
-- Binds: none. Index: none. Isolation: serializable.
begin immediate

-- name: synchronous_full
-- Commits wait for the disk again.
-- Binds: none. Index: none. Isolation: outside of a transaction, in which it would have no effect.
pragma synchronous = full

-- name: synchronous_normal
-- Commits no longer wait for the disk.
-- Binds: none. Index: none. Isolation: outside of a transaction, in which it would have no effect.
pragma synchronous = normal

-- name: legacy_alter_table_on
-- Renaming a table no longer rewrites the views and triggers that name it: they keep the old name.
-- Binds: none. Index: none. Isolation: on the connection that writes, until it is switched off.
pragma legacy_alter_table = on

-- name: legacy_alter_table_off
-- SQLite's default again: renaming a table rewrites the views and triggers that name it.
-- Binds: none. Index: none. Isolation: on the connection that writes.
pragma legacy_alter_table = off
