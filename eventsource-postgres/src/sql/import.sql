-- Imports a chunk of events; see the function.
-- Binds: by stream $1 categories, $2 ids, $3 numbers of their first events; by event $4 numbers of their streams,
--        $5 numbers within them, $6 versions, $7 categories, $8 stream ids, $9 event ids, $10 types,
--        $11 schema versions, $12 payloads, $13 metadata, $14 correlations, $15 causations, $16 times;
--        $17 whether to look for each event.
-- Index: events_stream_version_key, events_event_id_key. Isolation: read committed; one autocommit statement.
select * from eventsource.import(
    $1::text[], $2::text[], $3::integer[], $4::integer[], $5::integer[], $6::bigint[], $7::text[], $8::text[],
    $9::uuid[], $10::text[], $11::integer[], $12::json[], $13::json[], $14::uuid[], $15::uuid[],
    $16::timestamp with time zone[], $17::boolean)
