-- The columns of each unique index of a table. Excludes indexes that treat different texts as equal, as with
-- `collate nocase`.
-- Binds: 1 table. Index: none. Isolation: any.
select i.name, c.name
  from pragma_index_list(?1) i, pragma_index_info(i.name) c
 where i."unique" and not i.partial
   and not exists (select 1 from pragma_index_xinfo(i.name) x where x.key and x.coll <> 'BINARY' collate nocase)
 order by i.name, c.seqno
