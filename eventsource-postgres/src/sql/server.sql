-- What this server is.
-- Binds: none. Index: none. Isolation: any; one autocommit statement.
select current_setting('server_version_num')::integer, current_setting('server_encoding')
