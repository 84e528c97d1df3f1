-- Requests a retry or discard of the parked events of a key.
-- Binds: 1 generation, 2 key, 3 retry or discard, 4 reason or null. Index: eventsource_parked_events_key. Isolation: while writing.
update eventsource_parked_events set request = ?3, request_reason = ?4
 where generation = ?1 and key = ?2 and discarded is null
