-- Discards a parked event.
-- Binds: 1 generation, 2 position, 3 key, 4 reason, 5 now. Index: the primary key. Isolation: while writing.
update eventsource_parked_events
   set discarded = ?4, discarded_at = ?5, request = null, request_reason = null
 where generation = ?1 and position = ?2 and key = ?3
