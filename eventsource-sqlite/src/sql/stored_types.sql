-- Every category, type and schema version with its number of events, in up to ?1 random groups each, and one random
-- position of each group. Of one with at most ?1 events, of which some are in one group, every position follows, with a
-- number of 0. Other positions in each execution, so that no event is left out each time.
-- Binds: 1 number of groups.
-- Index: none, it reads the whole table. Isolation: any; of one snapshot.
with groups as materialized (
    select category, event_type, schema_version, count(*) as events,
           -- The position of the event with the lowest number: the first one would always be from the start of the log.
           min(chance), position
      from (select category, event_type, schema_version, position, random() & 1048575 as chance
              from eventsource_events)
     group by category, event_type, schema_version, chance % ?1),
scarce as materialized (
    select category, event_type, schema_version
      from groups
     group by category, event_type, schema_version
    having sum(events) <= ?1 and sum(events) > count(*))
select category, event_type, schema_version, events, position from groups
union all
-- The table is read again only if there is such a type.
select e.category, e.event_type, e.schema_version, 0, e.position
  from (select 1 from scarce limit 1) cross join eventsource_events e
 where (e.category, e.event_type, e.schema_version) in (select category, event_type, schema_version from scarce)
 order by category, event_type, schema_version
