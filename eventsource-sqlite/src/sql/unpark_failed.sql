-- Records that a parked event failed again, and clears the request for its key.
-- Binds: 1 generation, 2 position, 3 key, 4 error. Index: eventsource_parked_events_key. Isolation: while writing.
update eventsource_parked_events
   set error = case when position = ?2 then ?4 else error end,
       attempts = attempts + case when position = ?2 then 1 else 0 end,
       request = null, request_reason = null
 where generation = ?1 and key = ?3 and discarded is null
