-- Grants a role the right to import; see the function.
-- Binds: $1 role. Index: none. Isolation: any; one autocommit statement.
select eventsource.grant_import_to($1::text)
