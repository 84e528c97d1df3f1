-- Events of several streams, stream by stream as they are given, each oldest first.
-- Binds: $1 to $4 arrays with an entry per stream: category, stream id, after this version, limit.
-- Index: events_stream_version_key, once per stream. Isolation: any; one autocommit statement.
select e.position, e.category, e.stream_id, e.version, e.event_id, e.event_type, e.schema_version,
       e.payload, e.metadata, e.correlation_id, e.causation_id, e.recorded_at, q.number
  from unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[]) with ordinality
       as q(category, stream_id, after, max, number)
 cross join lateral (
       select *
         from eventsource.events e
        where e.category = q.category and e.stream_id = q.stream_id and e.version > q.after
        order by e.version
        limit q.max) e
 order by q.number, e.version
