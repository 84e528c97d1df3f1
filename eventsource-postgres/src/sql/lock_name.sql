-- Serializes the creation and swaps of the generations of one name, until the transaction ends.
-- Binds: $1 name. Index: none. Isolation: within a transaction; the rows that it protects are read in a later statement.
select pg_catalog.pg_advisory_xact_lock(1163285336, pg_catalog.hashtext($1::text))
