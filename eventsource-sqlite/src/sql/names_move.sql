-- Renaming a table does not rewrite views and triggers that name it: they keep the name.
-- Binds: none. Index: none. Isolation: on the connection that writes, until the next one.
pragma legacy_alter_table = on
