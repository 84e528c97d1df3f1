-- A table that is renamed takes nothing along that names it: views and triggers go by the name.
-- Binds: none. Index: none. Isolation: on the connection that writes, until the next one.
pragma legacy_alter_table = on
