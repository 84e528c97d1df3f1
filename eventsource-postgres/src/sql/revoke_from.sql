-- Revokes the rights of a role; see the function.
-- Binds: $1 role. Index: none. Isolation: any; one autocommit statement.
select eventsource.revoke_from($1::text)
