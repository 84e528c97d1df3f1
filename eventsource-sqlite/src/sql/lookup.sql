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
