-- The migrations that made the schema, with the text of each as a checksum.
-- Binds: none. Index: the primary key of eventsource_migrations. Isolation: any.
select version, checksum
from eventsource_migrations
order by version
