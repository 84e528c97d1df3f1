-- The number of events of each type and schema version, split into up to $1 random groups, with one position of each
-- group.
-- Binds: $1 number of groups.
-- Index: none, it reads the whole table. Isolation: any; one autocommit statement.
select event_type, schema_version, pg_catalog.count(*),
       -- Not the first position of the group: all samples would then be from the beginning of the log.
       (pg_catalog.min(array[pg_catalog.hashint8extended(position, 1), position]))[2]
  from eventsource.events
 group by event_type, schema_version, (pg_catalog.hashint8(position) & 1023) % $1::integer
 order by event_type, schema_version
