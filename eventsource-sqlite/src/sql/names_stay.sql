-- As an application expects it.
-- Binds: none. Index: none. Isolation: on the connection that writes.
pragma legacy_alter_table = off
