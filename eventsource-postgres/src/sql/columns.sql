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
