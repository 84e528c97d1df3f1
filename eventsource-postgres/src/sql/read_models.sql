-- The tables of read models.

-- name: columns
-- The columns of a table, and whether it has a unique index on the key.
-- Binds: $1 its schema, or null for the search path, $2 its name, $3 columns of the key.
-- Index: none. Isolation: any.
select c.oid is not null, a.attname::text,
       pg_catalog.format_type(a.atttypid, a.atttypmod),
       coalesce(nullif(t.typbasetype, 0::pg_catalog.oid), t.oid)::pg_catalog.regtype::text,
       t.typtype = 'e', coalesce(nullif(t.typtypmod, -1), a.atttypmod),
       a.attnotnull or t.typnotnull, a.atthasdef or a.attidentity <> '' or t.typdefault is not null,
       (select pg_catalog.count(*)
          from pg_catalog.pg_index i
         where i.indrelid operator(pg_catalog.=) c.oid and i.indisunique and i.indimmediate and i.indisvalid
           and i.indpred is null and i.indexprs is null
           and (select pg_catalog.array_agg(k.attname::text order by k.attname)
                  from pg_catalog.unnest(i.indkey::smallint[]) with ordinality as p(attnum, place)
                  join pg_catalog.pg_attribute k on k.attrelid operator(pg_catalog.=) c.oid and k.attnum = p.attnum
                 where p.place <= i.indnkeyatts)
               operator(pg_catalog.=)
               (select pg_catalog.array_agg(w.name order by w.name collate "C") from pg_catalog.unnest($3::text[]) as w(name))) > 0
  from (select pg_catalog.to_regclass(pg_catalog.concat_ws('.', pg_catalog.quote_ident($1::text),
                                                           pg_catalog.quote_ident($2::text))) as oid) c
  left join pg_catalog.pg_attribute a on a.attrelid operator(pg_catalog.=) c.oid and a.attnum > 0 and not a.attisdropped
  left join pg_catalog.pg_type t on t.oid = a.atttypid
 order by a.attnum

-- name: named_type
-- The type with a given name, or null.
-- Binds: $1 name. Index: none. Isolation: any.
select pg_catalog.to_regtype($1::text)::text

-- name: compared_tables
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

-- name: never_analyzed
-- The tables of a building generation that were never analyzed.
-- Binds: $1 generation. Index: none. Isolation: any; one autocommit statement.
select s.relname::text
  from pg_catalog.pg_stat_all_tables s
 where s.schemaname = pg_catalog.concat('eventsource_', $1::bigint) and s.last_analyze is null and s.last_autoanalyze is null
 order by s.relname
