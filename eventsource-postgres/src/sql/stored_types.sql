-- Every type and schema version with its number of events, in up to $1 random groups each, and one
-- position of each group.
-- Binds: $1 number of groups.
-- Index: none, it reads the whole table. Isolation: any; one autocommit statement.
select event_type, schema_version, count(*),
       -- Not the first of the group: the samples would all be from the beginning of the log.
       (min(array[hashint8extended(position, 1), position]))[2]
  from eventsource.events
 group by event_type, schema_version, (hashint8(position) & 1023) % $1::integer
 order by event_type, schema_version
