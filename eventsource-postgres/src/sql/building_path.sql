-- Puts the schema of a building generation first in the search path, until the transaction ends.
-- Binds: $1 generation. Index: none. Isolation: within a transaction.
select pg_catalog.set_config('search_path', pg_catalog.concat_ws(', ', pg_catalog.concat('eventsource_', $1::bigint),
           nullif(pg_catalog.current_setting('search_path'), '')), true)
