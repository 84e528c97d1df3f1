-- Terminates the current session.
-- Binds: none. Index: none. Isolation: any.
select pg_catalog.pg_terminate_backend(pg_catalog.pg_backend_pid())
