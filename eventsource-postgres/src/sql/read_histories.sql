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
