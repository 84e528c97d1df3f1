-- Parks events. If a retry or discard was requested for their key, they are retried with it.
-- Binds: $1 generation, $2 partition; an entry per event: $3 keys, $4 positions, $5 categories, $6 stream ids,
--        $7 versions, $8 ids, $9 types, $10 errors, $11 attempts.
-- Index: parked_events_key_key. Isolation: read committed, with the checkpoint locked.
insert into eventsource.parked_events
       (generation, partition, key, position, category, stream_id, version, event_id, event_type, error, attempts,
        parked_at, request)
select $1::bigint, $2::integer, e.key, e.position, e.category, e.stream_id, e.version, e.id, e.type, e.error, e.attempts,
       pg_catalog.clock_timestamp(),
       case when exists (select from eventsource.parked_events p
                          where p.generation = $1::bigint and p.key = e.key and p.request is not null) then 'retry' end
  from unnest($3::text[], $4::bigint[], $5::text[], $6::text[], $7::bigint[], $8::uuid[], $9::text[], $10::text[],
              $11::bigint[]) as e(key, position, category, stream_id, version, id, type, error, attempts)
    on conflict (generation, position, key) do nothing
