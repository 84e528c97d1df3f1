-- The migrations that were applied, with the checksum of each.
-- Binds: none. Index: the primary key of eventsource_migrations. Isolation: any.
select version, checksum
from eventsource_migrations
order by version
