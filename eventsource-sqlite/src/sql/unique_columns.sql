-- What the rows of a table are told apart by: for each index that allows no two, the columns in it.
-- Binds: 1 table. Index: none. Isolation: any.
select i.name, c.name
  from pragma_index_list(?1) i, pragma_index_info(i.name) c
 where i."unique" and not i.partial
 order by i.name, c.seqno
