-- Tells other processes that something was appended. Nobody waits for a hint to survive a crash.
-- Binds: none. Index: none. Isolation: any; one autocommit statement.
select pg_catalog.set_config('synchronous_commit', 'off', true), pg_catalog.pg_notify('eventsource', '')
