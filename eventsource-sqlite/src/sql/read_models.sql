-- The tables and views of read models.

-- name: columns
-- The columns of a table: name, declared type, whether it may not be null, whether it has a default or is computed,
-- its ordinal in the primary key, and whether the table is strict.
-- Binds: 1 table. Index: none. Isolation: any.
select x.name, x.type, x."notnull", x.dflt_value is not null or x.hidden in (2, 3), x.pk, l.strict, l.wr
  from pragma_table_list l, pragma_table_xinfo(l.name) x
 where l.schema = 'main' and l.name = ?1 collate nocase and l.type in ('table', 'virtual', 'view')
 order by x.cid

-- name: unique_columns
-- The columns of each unique index of a table. Excludes indexes that treat different texts as equal, as with
-- `collate nocase`.
-- Binds: 1 table. Index: none. Isolation: any.
select i.name, c.name
  from pragma_index_list(?1) i, pragma_index_info(i.name) c
 where i."unique" and not i.partial
   and not exists (select 1 from pragma_index_xinfo(i.name) x where x.key and x.coll <> 'BINARY' collate nocase)
 order by i.name, c.seqno

-- name: table_indexes
-- The indexes of a table that were created by an explicit statement.
-- Binds: 1 table. Index: none. Isolation: any.
select name, sql from sqlite_schema where type = 'index' and tbl_name = ?1 collate nocase and sql is not null
 order by name

-- name: schema_object
-- The table or view that has a name; a view with its triggers, which are dropped together with it.
-- Binds: 1 name. Index: none. Isolation: any.
select s.type, s.name,
       s.sql || case when s.type = 'view'
                     then coalesce((select group_concat(char(10, 59, 10) || t.sql, '')
                                      from sqlite_schema t
                                     where t.type = 'trigger' and t.tbl_name = s.name collate nocase), '')
                     else '' end
  from sqlite_schema s
 where s.type in ('table', 'view') and s.name = ?1 collate nocase

-- name: schema_objects
-- The objects in the file, without those that SQLite creates itself and those of virtual tables.
-- Binds: none. Index: none. Isolation: while writing.
select s.type, s.name, s.tbl_name, s.sql
  from sqlite_schema s
 where s.name not like 'sqlite\_%' escape '\' and s.sql is not null
   and not exists (select 1 from pragma_table_list l
                    where l.schema = 'main' and l.type = 'shadow' and l.name = s.tbl_name)
 order by s.type, s.name

-- name: shadow_tables
-- The shadow tables of virtual tables.
-- Binds: none. Index: none. Isolation: any.
select name from pragma_table_list where schema = 'main' and type = 'shadow'

-- name: views
-- The views of the application and of projections.
-- Binds: none. Index: none. Isolation: within the transaction of a swap.
select name
from sqlite_schema
where type = 'view'
order by name

-- name: objects
-- The tables and views of a generation.
-- Binds: 1 generation. Index: the primary key. Isolation: any.
select kind, name, sql from eventsource_objects where generation = ?1 order by name

-- name: note_object
-- Records that a table or view belongs to a generation.
-- Binds: 1 generation, 2 kind, 3 name, 4 the text of a view. Index: the primary key. Isolation: while writing.
insert into eventsource_objects (generation, kind, name, sql) values (?1, ?2, ?3, ?4)
    on conflict (generation, name) do update set kind = excluded.kind, sql = excluded.sql

-- name: delete_objects
-- Deletes the list of tables and views of an abandoned generation.
-- Binds: 1 generation. Index: the primary key. Isolation: while writing.
delete from eventsource_objects where generation = ?1
