-- Sets a lock timeout for the session, unless it has one already.
-- Binds: $1 milliseconds.
-- Index: none. Isolation: any; one autocommit statement.
select pg_catalog.set_config('lock_timeout', $1::text || 'ms', false)
 where pg_catalog.current_setting('lock_timeout') = '0'
