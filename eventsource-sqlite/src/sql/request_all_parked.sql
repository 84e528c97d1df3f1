-- Requests a retry of all parked events, or that the first of each key is discarded and the others are retried.
-- Binds: 1 generation, 2 retry or discard, 3 reason or null, 4 position that the first one must have, or null.
-- Index: the primary key. Isolation: while writing.
update eventsource_parked_events as p
   set request = case when p.position = f.position then ?2 else 'retry' end,
       request_reason = case when p.position = f.position then ?3 end
  from (select key, min(position) as position
          from eventsource_parked_events
         where generation = ?1 and discarded is null
         group by key) f
 where p.generation = ?1 and p.key = f.key and p.discarded is null and (?4 is null or f.position = ?4)
