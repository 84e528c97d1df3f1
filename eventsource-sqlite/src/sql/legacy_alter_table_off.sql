-- SQLite's default again: renaming a table rewrites the views and triggers that name it.
-- Binds: none. Index: none. Isolation: on the connection that writes.
pragma legacy_alter_table = off
