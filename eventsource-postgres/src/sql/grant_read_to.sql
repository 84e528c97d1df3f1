-- Grants a role the right to read; see the function.
-- Binds: $1 role. Index: none. Isolation: any; one autocommit statement.
select eventsource.grant_read_to($1::text)
