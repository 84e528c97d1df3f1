-- Discards a parked event, and turns the request for its key into a retry: one event is discarded, not all.
-- Binds: 1 generation, 2 position, 3 key, 4 reason, 5 now. Index: eventsource_parked_events_key. Isolation: while writing.
update eventsource_parked_events
   set discarded = case when position = ?2 then ?4 end,
       discarded_at = case when position = ?2 then ?5 end,
       request = case when position <> ?2 and request is not null then 'retry' end,
       request_reason = null
 where generation = ?1 and key = ?3 and discarded is null
