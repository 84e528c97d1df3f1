-- The definitions of all objects in the file that have one. A table is named in lower case: a trigger or an index is
-- stored with the table's name as the statement that created it wrote it.
-- Binds: none. Index: none. Isolation: any.
select s.type, s.name, lower(s.tbl_name), s.sql
  from sqlite_schema s
 where s.sql is not null
