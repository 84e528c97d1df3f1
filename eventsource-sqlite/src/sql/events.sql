-- Storing events, and finding single ones.

-- name: lookup
-- The state of the log that an append depends on: the last events of its streams, the receipts under its keys, the
-- events with its ids, the end of the log, and the inline generations. In one statement and one row, as a JSON array of
-- arrays, because each statement and each row costs a switch between threads.
-- Binds: 1 streams as a JSON array of [category, id], 2 keys as a JSON array of [category, id, key],
-- 3 event ids in hexadecimal as a JSON array.
-- Index: eventsource_events_stream, the primary key of eventsource_idempotency_keys, eventsource_events_event_id,
-- eventsource_generations_inline.
-- Isolation: within the transaction that appends.
select json_group_array(
    json_array(kind, number, version, position, category, stream_id, event_type, schema_version, command, content))
from (
    select 0 as kind, asked.key as number,
           (select version from eventsource_events
            where category = asked.value ->> 0 and stream_id = asked.value ->> 1
            order by version desc limit 1) as version,
           (select position from eventsource_events
            where category = asked.value ->> 0 and stream_id = asked.value ->> 1
            order by version desc limit 1) as position,
           null as category, null as stream_id, null as event_type, null as schema_version, null as command,
           null as content
    from json_each(?1) as asked
    union all
    select 1, asked.key, kept.version, kept.position, null, null, null, null, kept.command, hex(kept.content)
    from json_each(?2) as asked
    cross join eventsource_idempotency_keys as kept
      on kept.category = asked.value ->> 0 and kept.stream_id = asked.value ->> 1 and kept.key = asked.value ->> 2
    union all
    select 2, asked.key, event.version, event.position, event.category, event.stream_id, event.event_type,
           event.schema_version, null, null
    from json_each(?3) as asked
    cross join eventsource_events as event on event.event_id = unhex(asked.value)
    union all
    select 3, 0, 0, coalesce(max(position), 0), null, null, null, null, null, null
    from eventsource_events
    union all
    select 4, generation, 0, 0, name, null, null, null, null, null
    from eventsource_generations
    where inline
)

-- name: insert_events
-- Stores events; the row of values is repeated for each.
-- Binds: for each, position, category, stream id, version, event id, type, schema version, payload, metadata,
-- correlation id, causation id, time in microseconds.
-- Index: none. Isolation: within the transaction that appends, which is rolled back if this fails: with `or fail`,
-- SQLite keeps no journal for the statement alone.
insert or fail into eventsource_events
    (position, category, stream_id, version, event_id, event_type, schema_version, payload, metadata,
     correlation_id, causation_id, recorded_at)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: insert_keys
-- Stores the receipts of appends under their keys.
-- Binds: 1 receipts as a JSON array of [category, stream id, key, version, position, command, content in hexadecimal],
-- 2 time in microseconds.
-- Index: none. Isolation: within the transaction that appends.
insert into eventsource_idempotency_keys (category, stream_id, key, version, position, command, content, used_at)
select value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5,
       unhex(value ->> 6), ?2
from json_each(?1)

-- name: find_receipt
-- The receipt of the append that used a key on a stream, and the request that the key was used for.
-- Binds: 1 category, 2 stream id, 3 key.
-- Index: the primary key of eventsource_idempotency_keys. Isolation: any.
select version, position, command, content
from eventsource_idempotency_keys
where category = ?1 and stream_id = ?2 and key = ?3

-- name: events_at
-- The events at some positions.
-- Binds: 1 positions as a JSON array.
-- Index: the rowid of eventsource_events. Isolation: any.
select position, category, stream_id, version, event_id, event_type, schema_version, payload, metadata,
       correlation_id, causation_id, recorded_at
from eventsource_events
where position in (select value from json_each(?1))
order by position

-- name: events_by_id
-- Events by their ids, in any order.
-- Binds: 1 the ids in hexadecimal, as a JSON array.
-- Index: eventsource_events_event_id. Isolation: while writing.
select e.position, e.category, e.stream_id, e.version, e.event_id, e.event_type, e.schema_version, e.payload, e.metadata,
       e.correlation_id, e.causation_id, e.recorded_at
  from json_each(?1) as i
  cross join eventsource_events as e on e.event_id = unhex(i.value)
