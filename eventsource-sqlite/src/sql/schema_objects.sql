-- The objects in the file, without those that SQLite creates itself and those of virtual tables.
-- Binds: none. Index: none. Isolation: while writing.
select s.type, s.name, s.tbl_name, s.sql
  from sqlite_schema s
 where s.name not like 'sqlite\_%' escape '\' and s.sql is not null
   and not exists (select 1 from pragma_table_list l
                    where l.schema = 'main' and l.type = 'shadow' and l.name = s.tbl_name)
 order by s.type, s.name
