-- Imports a chunk of events; see the function.
-- Binds: by event $1 categories, $2 stream ids, $3 versions, $4 event ids, $5 types, $6 schema versions, $7 payloads,
--        $8 metadata, $9 correlations, $10 causations, $11 times; $12 whether to look up each event.
-- Index: events_stream_version_key, events_event_id_key. Isolation: read committed; one autocommit statement.
select i.outcome, i.stored, i.skipped, i.streams, i.position, i.number, i.version, i.category, i.stream
  from eventsource.import(
           $1::text[], $2::text[], $3::bigint[], $4::uuid[], $5::text[], $6::integer[], $7::json[], $8::json[],
           $9::uuid[], $10::uuid[], $11::timestamp with time zone[], $12::boolean) i
