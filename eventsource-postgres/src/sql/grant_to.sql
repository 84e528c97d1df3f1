-- Lets a role append and read; see the function.
-- Binds: $1 role. Index: none. Isolation: any; one autocommit statement.
select eventsource.grant_to($1::text)
