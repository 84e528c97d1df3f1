-- Parked events.

-- name: park
-- Parks an event. If a retry or discard was requested for its key, the event is retried too.
-- Rule: parking::ParkedKey::park.
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

-- name: parked
-- A page of the events of a generation that are parked or were discarded.
-- Binds: 1 generation, 2 and 3 position and key of the last event of the page before, 4 limit.
-- Index: the primary key. Isolation: any; one statement.
select key, position, category, stream_id, version, event_id, event_type, error, attempts, parked_at, request,
       request_reason, discarded
  from eventsource_parked_events
 where generation = ?1 and (position, key) > (?2, ?3)
 order by position, key
 limit ?4

-- name: parked_of_key
-- A page of the events of a key that are parked or were discarded.
-- Binds: 1 generation, 2 position of the last event of the page before, 3 key, 4 limit.
-- Index: eventsource_parked_events_key. Isolation: any; one statement.
select key, position, category, stream_id, version, event_id, event_type, error, attempts, parked_at, request,
       request_reason, discarded
  from eventsource_parked_events indexed by eventsource_parked_events_key
 where generation = ?1 and position > ?2 and key = ?3
 order by position
 limit ?4

-- name: parked_requested
-- A page of the parked events of a partition for which a retry or discard is requested.
-- Binds: 1 generation, 2 and 3 position and key of the last event of the page before, 4 limit, 5 partition.
-- Index: eventsource_parked_events_request. Isolation: any; one statement.
select key, position, category, stream_id, version, event_id, event_type, error, attempts, parked_at, request,
       request_reason, discarded
  from eventsource_parked_events indexed by eventsource_parked_events_request
 where generation = ?1 and partition = ?5 and request is not null and (position, key) > (?2, ?3)
 order by position, key
 limit ?4

-- name: parked_keys
-- The keys of a partition that have a parked event which was not discarded.
-- Binds: 1 generation, 2 partition. Index: eventsource_parked_events_waiting. Isolation: any; one statement.
select distinct key
  from eventsource_parked_events indexed by eventsource_parked_events_waiting
 where generation = ?1 and partition = ?2 and discarded is null

-- name: request_parked
-- Requests a retry of the parked events of a key, or that the first is discarded and the others are retried.
-- Rule: parking::ParkedKey::request.
-- Binds: 1 generation, 2 key, 3 retry or discard, 4 reason or null, 5 position that the first one must have, or null.
-- Index: eventsource_parked_events_key. Isolation: while writing.
update eventsource_parked_events as p
   set request = case when p.position = f.position then ?3 else 'retry' end,
       request_reason = case when p.position = f.position then ?4 end
  from (select min(position) as position
          from eventsource_parked_events indexed by eventsource_parked_events_key
         where generation = ?1 and key = ?2 and discarded is null) f
 where p.generation = ?1 and p.key = ?2 and p.discarded is null and (?5 is null or f.position = ?5)

-- name: request_all_parked
-- Requests a retry of all parked events, or that the first of each key is discarded and the others are retried.
-- Rule: parking::ParkedKey::request.
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

-- name: unpark_applied
-- Deletes a parked event that was applied.
-- Rule: parking::ParkedKey::unpark.
-- Binds: 1 generation, 2 position, 3 key. Index: the primary key. Isolation: while writing.
delete from eventsource_parked_events where generation = ?1 and position = ?2 and key = ?3

-- name: unpark_discarded
-- Discards a parked event.
-- Rule: parking::ParkedKey::unpark.
-- Binds: 1 generation, 2 position, 3 key, 4 reason, 5 now. Index: the primary key. Isolation: while writing.
update eventsource_parked_events
   set discarded = ?4, discarded_at = ?5, request = null, request_reason = null
 where generation = ?1 and position = ?2 and key = ?3

-- name: unpark_failed
-- Records that a parked event failed again, and clears the request for its key.
-- Rule: parking::ParkedKey::unpark.
-- Binds: 1 generation, 2 position, 3 key, 4 error. Index: eventsource_parked_events_key. Isolation: while writing.
update eventsource_parked_events
   set error = case when position = ?2 then ?4 else error end,
       attempts = attempts + case when position = ?2 then 1 else 0 end,
       request = null, request_reason = null
 where generation = ?1 and key = ?3 and discarded is null and (position = ?2 or request is not null)

-- name: delete_parked
-- Deletes the parked events of an abandoned generation.
-- Binds: 1 generation. Index: the primary key. Isolation: while writing.
delete from eventsource_parked_events where generation = ?1

-- name: all_parked_keys
-- The keys of a generation that have parked or discarded events.
-- Binds: 1 generation. Index: the primary key. Isolation: while writing.
select distinct key from eventsource_parked_events where generation = ?1

-- name: move_parked
-- Moves the parked events of a key to a partition.
-- Binds: 1 generation, 2 key, 3 partition. Index: eventsource_parked_events_key. Isolation: while writing.
update eventsource_parked_events set partition = ?3 where generation = ?1 and key = ?2
