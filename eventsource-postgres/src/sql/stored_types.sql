-- The number of events of each category, type and schema version, split into up to $1 random groups, with one random
-- position of each group. Of one with at most $1 events, of which some are in one group, every position follows, with a
-- number of 0.
-- Binds: $1 number of groups, $2 seed of the hash by which the groups and the positions are chosen.
-- Index: none, it reads the whole table. Isolation: any; one autocommit statement.
with groups as materialized (
    select category, event_type, schema_version, pg_catalog.count(*) as events,
           -- Not the first position of the group: all samples would then be from the beginning of the log.
           (pg_catalog.min(array[pg_catalog.hashint8extended(position, $2::bigint), position]))[2] as position
      from eventsource.events
     group by category, event_type, schema_version,
              (pg_catalog.hashint8extended(position, $2::bigint) & 1023::bigint) % $1::bigint),
scarce as materialized (
    select category, event_type, schema_version
      from groups
     group by category, event_type, schema_version
    having pg_catalog.sum(events)::bigint <= $1::bigint and pg_catalog.sum(events)::bigint > pg_catalog.count(*))
select category, event_type, schema_version, events, position from groups
union all
select e.category, e.event_type, e.schema_version, 0::bigint, e.position
  from eventsource.events e
  join scarce s on s.category = e.category and s.event_type = e.event_type and s.schema_version = e.schema_version
 order by category, event_type, schema_version
