-- Version of the server and encoding of the database.
-- Binds: none. Index: none. Isolation: any; one autocommit statement.
select current_setting('server_version_num')::integer, current_setting('server_encoding')
