-- The definitions of all objects in the file that have one.
-- Binds: none. Index: none. Isolation: any.
select s.type, s.name, s.tbl_name, s.sql
  from sqlite_schema s
 where s.sql is not null
