-- Rights of roles.

-- name: grant_to
-- Grants a role the rights that an application needs; see the function.
-- Binds: $1 role. Index: none. Isolation: any; one autocommit statement.
select eventsource.grant_to($1::text)

-- name: grant_import_to
-- Grants a role the right to import; see the function.
-- Binds: $1 role. Index: none. Isolation: any; one autocommit statement.
select eventsource.grant_import_to($1::text)

-- name: grant_read_to
-- Grants a role the right to read; see the function.
-- Binds: $1 role. Index: none. Isolation: any; one autocommit statement.
select eventsource.grant_read_to($1::text)

-- name: grant_operate_to
-- Grants a role the right to operate projections; see the function.
-- Binds: $1 role. Index: none. Isolation: any; one autocommit statement.
select eventsource.grant_operate_to($1::text)

-- name: revoke_from
-- Revokes the rights of a role; see the function.
-- Binds: $1 role. Index: none. Isolation: any; one autocommit statement.
select eventsource.revoke_from($1::text)
