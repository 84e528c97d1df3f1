-- The tables of a building generation, the columns that identify a row in both generations, and whether the live tables
-- have the same columns. Without a primary key of the same columns in both, no column identifies a row in both.
-- Binds: $1 schema of the building generation, $2 schema of the live one.
-- Index: none. Isolation: any.
select b.relname::text, l.oid is not null,
       coalesce((select case when pg_catalog.bool_and(o.attname is not null)
                             then pg_catalog.array_agg(a.attname::text order by k.place) end
                   from pg_catalog.pg_index i
                   join pg_catalog.pg_index p on p.indrelid = l.oid and p.indisprimary and p.indnkeyatts = i.indnkeyatts
                   cross join pg_catalog.unnest(i.indkey::smallint[]) with ordinality as k(attnum, place)
                   join pg_catalog.pg_attribute a on a.attrelid = b.oid and a.attnum = k.attnum
                   left join pg_catalog.pg_attribute o
                     on o.attrelid = l.oid and o.attname = a.attname and o.atttypid = a.atttypid
                    and o.attnum = any (p.indkey::smallint[])
                  where i.indrelid = b.oid and i.indisprimary and k.place <= i.indnkeyatts),
                '{}'),
       not exists (select from pg_catalog.pg_attribute x
                     full join (select o.* from pg_catalog.pg_attribute o
                                 where o.attrelid = l.oid and o.attnum > 0 and not o.attisdropped) o
                       on o.attname = x.attname
                    where x.attrelid = b.oid and x.attnum > 0 and not x.attisdropped and o.attname is null)
       and not exists (select from pg_catalog.pg_attribute o
                        where o.attrelid = l.oid and o.attnum > 0 and not o.attisdropped
                          and not exists (select from pg_catalog.pg_attribute x
                                           where x.attrelid = b.oid and x.attname = o.attname and not x.attisdropped))
  from pg_catalog.pg_class b
  left join pg_catalog.pg_class l on l.relname = b.relname and l.relkind in ('r', 'p')
                                 and l.relnamespace = pg_catalog.to_regnamespace(pg_catalog.quote_ident($2::text))
 where b.relnamespace = pg_catalog.to_regnamespace(pg_catalog.quote_ident($1::text)) and b.relkind in ('r', 'p')
   and not b.relispartition
 order by b.relname
