-- The lock of `lock_name.sql` without waiting; returns whether it was acquired.
-- Binds: $1 name. Index: none. Isolation: within a transaction; the rows that it protects are read in a later statement.
select pg_catalog.pg_try_advisory_xact_lock(1163285336, pg_catalog.hashtext($1::text))
