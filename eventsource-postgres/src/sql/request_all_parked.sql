-- Requests a retry of all parked events, or that the first of each key is discarded and the others are retried.
-- Binds: $1 generation, $2 retry or discard, $3 reason or null, $4 position that the first one must have, or null.
-- Index: none, it changes every parked event of the generation. Isolation: read committed; one autocommit statement. If
--        the first one of a key is applied or discarded meanwhile, none of the key is discarded.
update eventsource.parked_events p
   set request = case when p.position = f.position then $2::text else 'retry' end,
       request_reason = case when p.position = f.position then $3::text end
  from (select o.key, pg_catalog.min(o.position) as position
          from eventsource.parked_events o
         where o.generation = $1::bigint and o.discarded is null
         group by o.key) f
 where p.generation = $1::bigint and p.key = f.key and p.discarded is null
   and ($4::bigint is null or f.position = $4::bigint)
