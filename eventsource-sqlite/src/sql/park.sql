-- Parks an event. If a retry or discard was requested for its key, the event is retried too.
-- Binds: 1 generation, 2 partition, 3 key, 4 position, 5 category, 6 stream id, 7 version, 8 id, 9 type, 10 error,
--        11 attempts, 12 now.
-- Index: eventsource_parked_events_key. Isolation: while writing.
insert into eventsource_parked_events
       (generation, partition, key, position, category, stream_id, version, event_id, event_type, error, attempts,
        parked_at, request)
values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,
        case when exists (select 1 from eventsource_parked_events p
                           where p.generation = ?1 and p.key = ?3 and p.request is not null) then 'retry' end)
    on conflict (generation, position, key) do nothing
