-- Reading the log, and its horizon.

-- name: horizon
-- The horizon, which is the position of the last event: there is one writer at a time.
-- Binds: none. Index: the rowid of eventsource_events. Isolation: before the statement that reads the events.
select coalesce(max(position), 0) from eventsource_events

-- name: read_log
-- Events of the log above a position, up to the horizon.
-- Binds: 1 position after which, 2 horizon, 3 limit.
-- Index: the rowid of eventsource_events. Isolation: after the horizon was read.
select position, category, stream_id, version, event_id, event_type, schema_version, payload, metadata,
       correlation_id, causation_id, recorded_at
from eventsource_events
where position > ?1 and position <= ?2
order by position
limit ?3

-- name: read_log_selected
-- Events of the log of some types or categories above a position, up to the horizon.
-- Binds: 1 position after which, 2 horizon, 3 limit, 4 type names as a JSON array, 5 categories as a JSON array.
-- Index: the rowid of eventsource_events. Isolation: after the horizon was read.
select position, category, stream_id, version, event_id, event_type, schema_version, payload, metadata,
       correlation_id, causation_id, recorded_at
from eventsource_events
where position > ?1 and position <= ?2
  and (event_type in (select value from json_each(?4)) or category in (select value from json_each(?5)))
order by position
limit ?3

-- name: correlation_index
-- A row if the index of correlations exists: an operator may drop it.
-- Binds: none. Index: none. Isolation: any.
select 1 from sqlite_schema where type = 'index' and name = 'eventsource_events_correlation'

-- name: read_correlated
-- Events of a correlation, in order of position, without their payloads: those with its id, and the event whose own id it
-- is.
-- Binds: 1 correlation id, 2 position after which, 3 limit.
-- Index: eventsource_events_correlation, eventsource_events_event_id. Isolation: any.
select position, category, stream_id, version, event_id, event_type, schema_version, 'null', metadata,
       correlation_id, causation_id, recorded_at
from eventsource_events
where event_id = ?1 and position > ?2 and correlation_id is not ?1
union all
select position, category, stream_id, version, event_id, event_type, schema_version, 'null', metadata,
       correlation_id, causation_id, recorded_at
from eventsource_events
where correlation_id = ?1 and position > ?2
order by position
limit ?3

-- name: stored_types
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
