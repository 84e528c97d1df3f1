-- Notifies other processes of an append. A hint only: it need not survive a crash, so its commit is not flushed.
-- Binds: none. Index: none. Isolation: any; one autocommit statement.
select pg_catalog.set_config('synchronous_commit', 'off', true), pg_catalog.pg_notify('eventsource', '')
