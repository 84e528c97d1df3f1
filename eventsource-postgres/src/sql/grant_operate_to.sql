-- Grants a role the right to operate projections; see the function.
-- Binds: $1 role. Index: none. Isolation: any; one autocommit statement.
select eventsource.grant_operate_to($1::text)
