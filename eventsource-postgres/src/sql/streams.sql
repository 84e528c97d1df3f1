-- Reading the events of streams.

-- name: read_stream_forward
-- Events of one stream, oldest first.
-- Binds: $1 category, $2 stream id, $3 after this version, $4 limit.
-- Index: events_stream_version_key. Isolation: any; one autocommit statement.
select position, category, stream_id, version, event_id, event_type, schema_version,
       payload, metadata, correlation_id, causation_id, recorded_at
  from eventsource.events
 where category = $1::text and stream_id = $2::text and version > $3::bigint
 order by version
 limit $4::bigint

-- name: read_stream_backward
-- Events of one stream, newest first.
-- Binds: $1 category, $2 stream id, $3 before this version, $4 limit.
-- Index: events_stream_version_key, backwards. Isolation: any; one autocommit statement.
select position, category, stream_id, version, event_id, event_type, schema_version,
       payload, metadata, correlation_id, causation_id, recorded_at
  from eventsource.events
 where category = $1::text and stream_id = $2::text and version < $3::bigint
 order by version desc
 limit $4::bigint

-- name: read_history
-- The columns that a load needs, for the events of one stream, oldest first.
-- Binds: $1 category, $2 stream id, $3 after this version.
-- Index: events_stream_version_key. Isolation: any; one autocommit statement.
select version, event_type, schema_version, payload
  from eventsource.events
 where category = $1::text and stream_id = $2::text and version > $3::bigint
 order by version

-- name: read_histories
-- The columns that a load needs, for the events of several streams: in the order of the given streams, oldest first.
-- Binds: $1 to $3 arrays with an entry per stream: category, stream id, after this version. $4 limit of each.
-- Index: events_stream_version_key, once per stream. Isolation: any; one autocommit statement.
select e.version, e.event_type, e.schema_version, e.payload, q.number
  from unnest($1::text[], $2::text[], $3::bigint[]) with ordinality
       as q(category, stream_id, after, number)
 cross join lateral (
       select e.version, e.event_type, e.schema_version, e.payload
         from eventsource.events e
        where e.category = q.category and e.stream_id = q.stream_id and e.version > q.after
        order by e.version
        limit $4::bigint) e
 order by q.number, e.version
