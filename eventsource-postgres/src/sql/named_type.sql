-- The type that has a name.
-- Binds: $1 name. Index: none. Isolation: any.
select pg_catalog.to_regtype($1::text)::text
