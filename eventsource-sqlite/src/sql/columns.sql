-- The columns of a table: name, declared type, whether it may not be null, whether it has a default or is computed,
-- its ordinal in the primary key, and whether the table is strict.
-- Binds: 1 table. Index: none. Isolation: any.
select x.name, x.type, x."notnull", x.dflt_value is not null or x.hidden in (2, 3), x.pk, l.strict, l.wr
  from pragma_table_list l, pragma_table_xinfo(l.name) x
 where l.schema = 'main' and l.name = ?1 collate nocase and l.type in ('table', 'virtual', 'view')
 order by x.cid
