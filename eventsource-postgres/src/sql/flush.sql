-- Makes the commit of the transaction wait until it would survive a crash.
-- Binds: none. Index: none. Isolation: within a transaction.
select pg_catalog.set_config('synchronous_commit', 'on', true)
