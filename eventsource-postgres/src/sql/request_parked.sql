-- Requests a retry of the parked events of a key, or that the first is discarded and the others are retried.
-- Binds: $1 generation, $2 key, $3 retry or discard, $4 reason or null, $5 position that the first one must have, or null.
-- Index: parked_events_waiting_key. Isolation: read committed; one autocommit statement. If the first one is applied or
--        discarded meanwhile, none is discarded.
update eventsource.parked_events p
   set request = case when p.position = f.position then $3::text else 'retry' end,
       request_reason = case when p.position = f.position then $4::text end
  from (select pg_catalog.min(o.position) as position
          from eventsource.parked_events o
         where o.generation = $1::bigint and o.key = $2::text and o.discarded is null) f
 where p.generation = $1::bigint and p.key = $2::text and p.discarded is null
   and ($5::bigint is null or f.position = $5::bigint)
