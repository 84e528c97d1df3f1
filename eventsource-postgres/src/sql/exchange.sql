-- Puts a building generation in the place of the live one; see the function.
-- Binds: $1 generation, $2 whether the former one is kept. Index: none. Isolation: read committed.
select eventsource.exchange($1::bigint, $2::boolean)
