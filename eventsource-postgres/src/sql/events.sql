-- Storing events, and finding single ones.

-- name: append
-- Appends units in one call; see the function.
-- Binds: $1 to $6 arrays with an entry per part: unit, category, stream, expected version, number of events, key;
--        $7 to $13 arrays with an entry per event: id, type, schema version, payload, metadata, correlation, causation;
--        $14 the inline generations that this transaction updates; $15 and $16 arrays with an entry per part: command and
--        content of the key.
-- Index: events_stream_version_key, once per stream. Isolation: any; one autocommit statement.
select part, outcome, version, position, command, content
  from eventsource.append($1::integer[], $2::text[], $3::text[], $4::bigint[], $5::integer[], $6::text[],
                          $7::uuid[], $8::text[], $9::integer[], $10::text[], $11::text[], $12::uuid[], $13::uuid[],
                          $14::bigint[], $15::text[], $16::uuid[])

-- name: append_group
-- Group commit: appends many units in one call, with a lock timeout of a tenth of a second, since a transaction that
-- holds one stream must not delay the others. See the function.
-- Binds: $1 to $6 arrays with an entry per part: unit, category, stream, expected version, number of events, key;
--        $7 to $13 arrays with an entry per event: id, type, schema version, payload, metadata, correlation, causation;
--        $14 the inline generations that this transaction updates; $15 and $16 arrays with an entry per part: command and
--        content of the key.
-- Index: events_stream_version_key, once per stream. Isolation: any; one autocommit statement.
select a.part, a.outcome, a.version, a.position, a.command, a.content
  from (select pg_catalog.set_config('lock_timeout', '100ms', true) as patience) s
 -- The first argument depends on the setting, so that the setting is changed before the call.
 cross join lateral eventsource.append(case when s.patience is not null then $1::integer[] end,
                          $2::text[], $3::text[], $4::bigint[], $5::integer[], $6::text[],
                          $7::uuid[], $8::text[], $9::integer[], $10::text[], $11::text[], $12::uuid[], $13::uuid[],
                          $14::bigint[], $15::text[], $16::uuid[]) a

-- name: append_within
-- Appends one unit within the transaction of a lease; see the function. The commit is flushed, as that of any append.
-- Binds: $1 to $6 arrays with an entry per part: unit, category, stream, expected version, number of events, key;
--        $7 to $13 arrays with an entry per event: id, type, schema version, payload, metadata, correlation, causation;
--        $14 the inline generations that this transaction updates; $15 and $16 arrays with an entry per part: command and
--        content of the key.
-- Index: events_stream_version_key, once per stream. Isolation: read committed, in an open transaction.
with flushed as materialized (select pg_catalog.set_config('synchronous_commit', 'on', true))
select a.part, a.outcome, a.version, a.position, a.command, a.content
  from flushed,
       eventsource.append($1::integer[], $2::text[], $3::text[], $4::bigint[], $5::integer[], $6::text[],
                          $7::uuid[], $8::text[], $9::integer[], $10::text[], $11::text[], $12::uuid[], $13::uuid[],
                          $14::bigint[], $15::text[], $16::uuid[]) a
 order by a.part

-- name: import
-- Imports a chunk of events; see the function.
-- Binds: by event $1 categories, $2 stream ids, $3 versions, $4 event ids, $5 types, $6 schema versions, $7 payloads,
--        $8 metadata, $9 correlations, $10 causations, $11 times; $12 whether to look up each event.
-- Index: events_stream_version_key, events_event_id_key. Isolation: read committed; one autocommit statement.
select i.outcome, i.stored, i.skipped, i.streams, i.position, i.number, i.version, i.category, i.stream
  from eventsource.import(
           $1::text[], $2::text[], $3::bigint[], $4::uuid[], $5::text[], $6::integer[], $7::json[], $8::json[],
           $9::uuid[], $10::uuid[], $11::timestamp with time zone[], $12::boolean) i

-- name: find_receipt
-- The receipt of the append that used a key on a stream, and the request that the key was used for.
-- Binds: $1 category, $2 stream id, $3 key.
-- Index: idempotency_keys_pkey. Isolation: any; one autocommit statement.
select version, position, command, content
  from eventsource.idempotency_keys
 where category = $1::text and stream_id = $2::text and key = $3::text

-- name: used_event_id
-- One of the given event ids that is already stored.
-- Binds: $1 event ids.
-- Index: events_event_id_key. Isolation: any; one autocommit statement.
select event_id
  from eventsource.events
 where event_id = any ($1::uuid[])
 limit 1

-- name: events_at
-- Events by position.
-- Binds: $1 positions.
-- Index: events_pkey. Isolation: any; one autocommit statement.
select position, category, stream_id, version, event_id, event_type, schema_version,
       payload, metadata, correlation_id, causation_id, recorded_at
  from eventsource.events
 where position = any ($1::bigint[])
 order by position

-- name: events_by_id
-- Events by their ids.
-- Binds: $1 event ids.
-- Index: events_event_id_key. Isolation: any; within the transaction that appended them.
select position, category, stream_id, version, event_id, event_type, schema_version,
       payload, metadata, correlation_id, causation_id, recorded_at
  from eventsource.events
 where event_id = any ($1::uuid[])
 -- An expression without an index: while there are few events, a scan of events_pkey with a filter would seem as cheap.
 order by position + 0
