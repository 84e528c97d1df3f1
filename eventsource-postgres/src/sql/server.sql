-- Version of the server and encoding of the database.
-- Binds: none. Index: none. Isolation: any; one autocommit statement.
select pg_catalog.current_setting('server_version_num')::integer, pg_catalog.current_setting('server_encoding')
