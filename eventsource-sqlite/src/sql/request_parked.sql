-- Requests a retry of the parked events of a key, or that the first is discarded and the others are retried.
-- Binds: 1 generation, 2 key, 3 retry or discard, 4 reason or null, 5 position that the first one must have, or null.
-- Index: eventsource_parked_events_key. Isolation: while writing.
update eventsource_parked_events as p
   set request = case when p.position = f.position then ?3 else 'retry' end,
       request_reason = case when p.position = f.position then ?4 end
  from (select min(position) as position
          from eventsource_parked_events indexed by eventsource_parked_events_key
         where generation = ?1 and key = ?2 and discarded is null) f
 where p.generation = ?1 and p.key = ?2 and p.discarded is null and (?5 is null or f.position = ?5)
