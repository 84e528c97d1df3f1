-- The schema itself, and the server.

-- name: server
-- Version of the server and encoding of the database.
-- Binds: none. Index: none. Isolation: any; one autocommit statement.
select pg_catalog.current_setting('server_version_num')::integer, pg_catalog.current_setting('server_encoding')

-- name: schema_owner
-- The owner of the schema, the current role, and whether they are the same; no row if there is no schema.
-- Binds: none. Index: none. Isolation: any; one autocommit statement.
select pg_catalog.pg_get_userbyid(n.nspowner)::text, r.rolname::text, r.oid operator(pg_catalog.=) n.nspowner
  from pg_catalog.pg_namespace n
 cross join pg_catalog.pg_roles r
 where n.nspname operator(pg_catalog.=) 'eventsource' and r.rolname operator(pg_catalog.=) current_user

-- name: applied_migrations
-- The migrations that this database has.
-- Binds: none. Index: none. Isolation: any; one autocommit statement.
select version, success, checksum
  from eventsource._migrations
 order by version

-- name: schema_objects
-- What the schema consists of, one line per property, with the same text on every supported version of the server: tables
-- and sequences, columns, constraints, unique indexes, functions; and what it should not have: triggers and rules of
-- others, other owners, tables that inherit, and rights that let a role write the log.
-- Binds: none. Index: none, those of the catalogs. Isolation: any; one autocommit statement.
with settings as materialized (
    -- Definitions are written as these settings say. They last as long as the statement.
    select pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true) is not null
           and pg_catalog.set_config('TimeZone', 'UTC', true) is not null
           and pg_catalog.set_config('DateStyle', 'ISO', true) is not null
           and pg_catalog.set_config('quote_all_identifiers', 'off', true) is not null as done),
schema as materialized (
    select n.oid, n.nspowner as owner, n.nspacl as acl
      from pg_catalog.pg_namespace n, settings s
     where n.nspname operator(pg_catalog.=) 'eventsource' and s.done),
tables as materialized (
    select c.*, c.relname::text as name, s.owner as schema_owner
      from pg_catalog.pg_class c
      join schema s on s.oid operator(pg_catalog.=) c.relnamespace
     where c.relkind operator(pg_catalog.=) any ('{r,p,S,v,m,f}'::"char"[])
       and c.relname operator(pg_catalog.<>) '_migrations'),
functions as materialized (
    select p.*, s.owner as schema_owner, l.lanname,
           pg_catalog.format('%s(%s)', p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid)) as name
      from pg_catalog.pg_proc p
      join schema s on s.oid operator(pg_catalog.=) p.pronamespace
      join pg_catalog.pg_language l on l.oid operator(pg_catalog.=) p.prolang)
select pg_catalog.format('relation %s: kind %s, persistence %s, row security %s', t.name, t.relkind, t.relpersistence,
                         t.relrowsecurity) as line
  from tables t
union all
select pg_catalog.format('column %s.%s: %s, not null %s, default %s, identity "%s", generated "%s", collation %s', t.name,
                         a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull, a.atthasdef,
                         a.attidentity, a.attgenerated,
                         (select o.collname from pg_catalog.pg_collation o
                           where o.oid operator(pg_catalog.=) a.attcollation))
  from tables t
  join pg_catalog.pg_attribute a on a.attrelid operator(pg_catalog.=) t.oid
 where a.attnum operator(pg_catalog.>) 0::smallint and not a.attisdropped and t.relkind operator(pg_catalog.<>) 'S'
union all
select pg_catalog.format('sequence %s: %s, start %s, increment %s, from %s to %s, cache %s, cycle %s', t.name,
                         pg_catalog.format_type(q.seqtypid, null), q.seqstart, q.seqincrement, q.seqmin, q.seqmax,
                         q.seqcache, q.seqcycle)
  from tables t
  join pg_catalog.pg_sequence q on q.seqrelid operator(pg_catalog.=) t.oid
union all
-- Not the constraints "not null", which are rows of the catalog since version 18 only.
select pg_catalog.format('constraint %s.%s: %s, validated %s', t.name, c.conname, pg_catalog.pg_get_constraintdef(c.oid),
                         c.convalidated)
  from tables t
  join pg_catalog.pg_constraint c on c.conrelid operator(pg_catalog.=) t.oid
 where c.contype operator(pg_catalog.<>) 'n'
union all
select pg_catalog.format('index %s: %s, valid %s', i.indexrelid::pg_catalog.regclass,
                         pg_catalog.pg_get_indexdef(i.indexrelid), i.indisvalid and i.indisready and i.indimmediate)
  from tables t
  join pg_catalog.pg_index i on i.indrelid operator(pg_catalog.=) t.oid
 where i.indisunique
union all
select pg_catalog.format('trigger %s.%s: %s, enabled %s', t.name, g.tgname, pg_catalog.pg_get_triggerdef(g.oid),
                         g.tgenabled)
  from tables t
  join pg_catalog.pg_trigger g on g.tgrelid operator(pg_catalog.=) t.oid
 where not g.tgisinternal
union all
select pg_catalog.format('rule %s.%s', t.name, r.rulename)
  from tables t
  join pg_catalog.pg_rewrite r on r.ev_class operator(pg_catalog.=) t.oid
union all
select pg_catalog.format('inheritance: %s from %s', i.inhrelid::pg_catalog.regclass, t.name)
  from tables t
  join pg_catalog.pg_inherits i on i.inhparent operator(pg_catalog.=) t.oid
union all
select pg_catalog.format('function %s: returns %s, language %s, security definer %s, volatility %s, settings %s, text %s',
                         f.name, pg_catalog.pg_get_function_result(f.oid), f.lanname, f.prosecdef, f.provolatile,
                         f.proconfig,
                         pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(f.prosrc, 'UTF8')), 'hex'))
  from functions f
union all
select pg_catalog.format('owner of %s: another role than that of the schema, %s', o.name,
                         pg_catalog.pg_get_userbyid(o.owner))
  from (select t.name, t.relowner as owner, t.schema_owner from tables t
        union all
        select f.name, f.proowner, f.schema_owner from functions f) o
 where o.owner operator(pg_catalog.<>) o.schema_owner
union all
-- Reading is granted to roles, and so are the state of projections, snapshots, and the execution of functions.
select pg_catalog.format('right: %s on %s of %s', a.privilege_type, o.name,
                         case when a.grantee operator(pg_catalog.=) 0::oid then 'everybody'
                              else pg_catalog.pg_get_userbyid(a.grantee)::text end)
  from (select 'the schema' as name, s.acl, s.owner, '{CREATE}'::text[] as forbidden from schema s
        union all
        select t.name, t.relacl, t.relowner,
               case when t.name operator(pg_catalog.=) any ('{events,idempotency_keys,appending,event_position}'::text[])
                    then '{INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER,USAGE}'::text[]
                    else '{TRUNCATE,REFERENCES,TRIGGER}'::text[] end
          from tables t
        union all
        select pg_catalog.format('%s.%s', t.name, a.attname), a.attacl, t.relowner,
               case when t.name operator(pg_catalog.=) any ('{events,idempotency_keys,appending}'::text[])
                    then '{INSERT,UPDATE,REFERENCES}'::text[]
                    else '{REFERENCES}'::text[] end
          from tables t
          join pg_catalog.pg_attribute a on a.attrelid operator(pg_catalog.=) t.oid
         where not a.attisdropped
        union all
        -- A function without a list of rights can be executed by everybody.
        select f.name, coalesce(f.proacl, pg_catalog.acldefault('f', f.proowner)), f.proowner, '{}'::text[]
          from functions f) o
 cross join lateral pg_catalog.aclexplode(o.acl) a
 where a.grantee operator(pg_catalog.<>) o.owner
   and (a.privilege_type operator(pg_catalog.=) any (o.forbidden) or a.grantee operator(pg_catalog.=) 0::oid)
 order by line
