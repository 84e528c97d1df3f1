-- The shadow tables of virtual tables.
-- Binds: none. Index: none. Isolation: any.
select name from pragma_table_list where schema = 'main' and type = 'shadow'
