-- Turns synchronous commit on for the transaction.
-- Binds: none. Index: none. Isolation: within a transaction.
select pg_catalog.set_config('synchronous_commit', 'on', true)
