-- Swaps a building generation with the live one; see the function.
-- Binds: $1 generation, $2 whether the old one is kept. Index: none. Isolation: read committed, within a transaction.
select eventsource.swap($1::bigint, $2::boolean)
