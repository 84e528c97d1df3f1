-- Imports a chunk of events; see the function. The known versions of streams are used only if an event still exists
-- that was stored when the streams had these versions: a server that has lost it may have lost other events too.
-- Binds: by stream $1 categories, $2 ids, $3 numbers of their first events, $4 known versions;
--        by event $5 numbers of their streams, $6 ordinals within these, $7 versions, $8 categories, $9 stream ids,
--        $10 event ids, $11 types, $12 schema versions, $13 payloads, $14 metadata, $15 correlations,
--        $16 causations, $17 times; $18 whether to look up each event; $19 id and $20 position of that event, or null.
-- Index: events_stream_version_key, events_event_id_key. Isolation: read committed; one autocommit statement.
select i.outcome, i.stored, i.skipped, i.streams, i.position, i.versions, i.number, i.version, i.category, i.stream,
       k.counts
  from (select $19::uuid is null
               or exists (select from eventsource.events e where e.event_id = $19::uuid and e.position = $20::bigint)
               as counts) k
 cross join lateral eventsource.import(
           $1::text[], $2::text[], $3::integer[],
           case when k.counts then $4::bigint[] else array_fill(-1::bigint, array[cardinality($4::bigint[])]) end,
           $5::integer[], $6::integer[], $7::bigint[],
           $8::text[], $9::text[], $10::uuid[], $11::text[], $12::integer[], $13::json[], $14::json[], $15::uuid[],
           $16::uuid[], $17::timestamp with time zone[], $18::boolean) i
