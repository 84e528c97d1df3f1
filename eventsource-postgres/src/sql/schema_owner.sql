-- The owner of the schema, the current role, and whether they are the same; no row if there is no schema.
-- Binds: none. Index: none. Isolation: any; one autocommit statement.
select pg_catalog.pg_get_userbyid(n.nspowner)::text, r.rolname::text, r.oid operator(pg_catalog.=) n.nspowner
  from pg_catalog.pg_namespace n
 cross join pg_catalog.pg_roles r
 where n.nspname operator(pg_catalog.=) 'eventsource' and r.rolname operator(pg_catalog.=) current_user
