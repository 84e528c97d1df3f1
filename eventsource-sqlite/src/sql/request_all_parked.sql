-- Requests a retry or discard of all parked events.
-- Binds: 1 generation, 2 retry or discard, 3 reason or null. Index: the primary key. Isolation: while writing.
update eventsource_parked_events set request = ?2, request_reason = ?3
 where generation = ?1 and discarded is null
