-- The migrations that made the schema, with the text of each as a checksum.
-- Index: the primary key of eventsource_migrations. Isolation: any.
select version, checksum
from eventsource_migrations
order by version
