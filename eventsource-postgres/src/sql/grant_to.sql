-- Grants a role the rights that an application needs; see the function.
-- Binds: $1 role. Index: none. Isolation: any; one autocommit statement.
select eventsource.grant_to($1::text)
