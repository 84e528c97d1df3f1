-- Every type and schema version with its number of events, in up to ?1 random groups each, and one position of
-- each group.
-- Binds: 1 number of groups.
-- Index: none, it reads the whole table. Isolation: any.
select event_type, schema_version, count(*),
       -- The position of the event with the lowest number: the first one would always be from the start of the log.
       min(chance), position
from (select event_type, schema_version, position,
             ((position % 1000003) * 2654435761 >> 7) & 1048575 as chance
      from eventsource_events)
group by event_type, schema_version, chance % ?1
order by event_type, schema_version
