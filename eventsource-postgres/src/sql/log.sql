-- Reading the log, and its horizon.

-- name: horizon
-- The horizon: the position up to which the log is complete.
-- Binds: none. Index: none. Isolation: events are read in a later statement.
select eventsource.horizon()

-- name: moment
-- The time, and the end of the log at that time; see the function.
-- Binds: none. Index: none. Isolation: any; one autocommit statement.
select m."time", m."end" from eventsource.moment() m

-- name: settled
-- The position of the last event at or below an end of the log, null if there may be more; see the function.
-- Binds: $1 the end. Index: none. Isolation: read committed; one autocommit statement.
select eventsource.settled($1::bigint)

-- name: horizon_holders
-- The transactions that hold the horizon back; see the function.
-- Binds: none. Index: none. Isolation: any; one autocommit statement.
select h.pid, h.application, h.state, h.since, h.age_us
  from eventsource.horizon_holders() h

-- name: read_log
-- Events of all streams, in order of position, up to a horizon.
-- Binds: $1 after this position, $2 the horizon, $3 type names or null for all, $4 limit, $5 categories whose events are
--        read whatever their type.
-- Index: events_pkey. Isolation: a snapshot taken after the horizon was read: a statement of its own.
select position, category, stream_id, version, event_id, event_type, schema_version,
       payload, metadata, correlation_id, causation_id, recorded_at
  from eventsource.events
 where position > $1::bigint and position <= $2::bigint
   and ($3::text[] is null or event_type = any ($3::text[]) or category = any ($5::text[]))
 order by position
 limit $4::bigint

-- name: correlation_index
-- Whether the index of correlations exists and is complete: an operator may drop it.
-- Binds: none. Index: none, those of the catalogs. Isolation: any; one autocommit statement.
select exists (select from pg_catalog.pg_index i
                where i.indexrelid operator(pg_catalog.=)
                      pg_catalog.to_regclass('eventsource.events_correlation_key')::pg_catalog.oid
                  and i.indisvalid and i.indisready)

-- name: read_correlated
-- Events of a correlation, in order of position, without their payloads: those with its id, and the event whose own id it
-- is.
-- Binds: $1 correlation id, $2 after this position, $3 limit.
-- Index: events_correlation_key, events_event_id_key. Isolation: any; one autocommit statement.
select e.position, e.category, e.stream_id, e.version, e.event_id, e.event_type, e.schema_version,
       'null'::json, e.metadata, e.correlation_id, e.causation_id, e.recorded_at
  from (select position, category, stream_id, version, event_id, event_type, schema_version, metadata,
               correlation_id, causation_id, recorded_at
          from eventsource.events
         where event_id = $1::uuid and position > $2::bigint and correlation_id is distinct from $1::uuid
        union all
        (select position, category, stream_id, version, event_id, event_type, schema_version, metadata,
                correlation_id, causation_id, recorded_at
           from eventsource.events
          where correlation_id = $1::uuid and position > $2::bigint
          order by position
          limit $3::bigint)) e
 order by e.position
 limit $3::bigint

-- name: stored_types
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

-- name: hold_appends
-- Blocks appends until the transaction ends; see the function.
-- Binds: none. Index: none. Isolation: read committed, within a transaction.
select eventsource.hold_appends()

-- name: announce
-- Notifies other processes of an append. A hint only: it need not survive a crash, so its commit is not flushed.
-- Binds: none. Index: none. Isolation: any; one autocommit statement.
select pg_catalog.set_config('synchronous_commit', 'off', true), pg_catalog.pg_notify('eventsource', '')
