-- Renaming a table no longer rewrites the views and triggers that name it: they keep the old name.
-- Binds: none. Index: none. Isolation: on the connection that writes, until it is switched off.
pragma legacy_alter_table = on
