-- Sets the lock timeout of the transaction.
-- Binds: $1 milliseconds. Index: none. Isolation: within a transaction.
select pg_catalog.set_config('lock_timeout', $1::text || 'ms', true)
