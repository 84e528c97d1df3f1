-- The views of the application and of projections.
-- Binds: none. Index: none. Isolation: within the transaction of a swap.
select name
from sqlite_schema
where type = 'view'
order by name
