-- Discards a parked event, and turns the request for its key into a retry: one event is discarded, not all.
-- Binds: $1 generation, $2 position, $3 key, $4 reason.
-- Index: parked_events_waiting_key. Isolation: read committed, with the checkpoint locked.
update eventsource.parked_events p
   set discarded = case when p.position = $2::bigint then $4::text end,
       discarded_at = case when p.position = $2::bigint then pg_catalog.clock_timestamp() end,
       request = case when p.position <> $2::bigint and p.request is not null then 'retry' end,
       request_reason = null
 where p.generation = $1::bigint and p.key = $3::text and p.discarded is null
