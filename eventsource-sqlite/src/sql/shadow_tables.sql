-- The tables in which virtual tables keep what they hold.
-- Binds: none. Index: none. Isolation: any.
select name from pragma_table_list where schema = 'main' and type = 'shadow'
