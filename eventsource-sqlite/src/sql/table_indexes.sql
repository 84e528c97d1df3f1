-- The indexes of a table that were created by an explicit statement.
-- Binds: 1 table. Index: none. Isolation: any.
select name, sql from sqlite_schema where type = 'index' and tbl_name = ?1 collate nocase and sql is not null
 order by name
