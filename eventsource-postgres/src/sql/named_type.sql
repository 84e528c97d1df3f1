-- The type with a given name, or null.
-- Binds: $1 name. Index: none. Isolation: any.
select pg_catalog.to_regtype($1::text)::text
