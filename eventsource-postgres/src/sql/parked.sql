-- Parked events.

-- name: park
-- Parks events. If a retry or discard was requested for their key, they are retried with it.
-- Rule: parking::ParkedKey::park.
-- Binds: $1 generation, $2 partition; an entry per event: $3 keys, $4 positions, $5 categories, $6 stream ids,
--        $7 versions, $8 ids, $9 types, $10 errors, $11 attempts.
-- Index: parked_events_key_key. Isolation: read committed, with the checkpoint locked.
insert into eventsource.parked_events
       (generation, partition, key, position, category, stream_id, version, event_id, event_type, error, attempts,
        parked_at, request)
select $1::bigint, $2::integer, e.key, e.position, e.category, e.stream_id, e.version, e.id, e.type, e.error, e.attempts,
       pg_catalog.clock_timestamp(),
       case when exists (select from eventsource.parked_events p
                          where p.generation = $1::bigint and p.key = e.key and p.request is not null) then 'retry' end
  from unnest($3::text[], $4::bigint[], $5::text[], $6::text[], $7::bigint[], $8::uuid[], $9::text[], $10::text[],
              $11::bigint[]) as e(key, position, category, stream_id, version, id, type, error, attempts)
    on conflict (generation, position, key) do nothing

-- name: parked
-- A page of the events of a generation that are parked or were discarded.
-- Binds: $1 generation, $2 and $3 position and key of the last event of the page before, $4 limit.
-- Index: parked_events_pkey. Isolation: any; one autocommit statement.
select p.key, p.position, p.category, p.stream_id, p.version, p.event_id, p.event_type, p.error, p.attempts,
       p.parked_at, p.request, p.request_reason, p.discarded
  from eventsource.parked_events p
 where p.generation = $1::bigint and (p.position, p.key) > ($2::bigint, $3::text collate "C")
 order by p.position, p.key
 limit $4::bigint

-- name: parked_of_key
-- A page of the events of a key that are parked or were discarded.
-- Binds: $1 generation, $2 position of the last event of the page before, $3 key, $4 limit.
-- Index: parked_events_key_key. Isolation: any; one autocommit statement.
select p.key, p.position, p.category, p.stream_id, p.version, p.event_id, p.event_type, p.error, p.attempts,
       p.parked_at, p.request, p.request_reason, p.discarded
  from eventsource.parked_events p
 where p.generation = $1::bigint and p.position > $2::bigint and p.key = $3::text
 order by p.position
 limit $4::bigint

-- name: parked_requested
-- A page of the parked events of a partition for which a retry or discard is requested.
-- Binds: $1 generation, $2 and $3 position and key of the last event of the page before, $4 limit, $5 partition.
-- Index: parked_events_request_key. Isolation: any; one autocommit statement.
select p.key, p.position, p.category, p.stream_id, p.version, p.event_id, p.event_type, p.error, p.attempts,
       p.parked_at, p.request, p.request_reason, p.discarded
  from eventsource.parked_events p
 where p.generation = $1::bigint and p.partition = $5::integer and p.request is not null
   and (p.position, p.key) > ($2::bigint, $3::text collate "C")
 order by p.position, p.key
 limit $4::bigint

-- name: parked_keys
-- The keys of a partition that have a parked event which was not discarded.
-- Binds: $1 generation, $2 partition.
-- Index: any of those by generation; all its keys are read. Isolation: any; one autocommit statement.
select distinct p.key
  from eventsource.parked_events p
 where p.generation = $1::bigint and p.partition = $2::integer and p.discarded is null

-- name: request_parked
-- Requests a retry of the parked events of a key, or that the first is discarded and the others are retried.
-- Rule: parking::ParkedKey::request.
-- Binds: $1 generation, $2 key, $3 retry or discard, $4 reason or null, $5 position that the first one must have, or null.
-- Index: parked_events_waiting_key. Isolation: read committed; one autocommit statement. If the first one is applied or
--        discarded meanwhile, none is discarded.
update eventsource.parked_events p
   set request = case when p.position = f.position then $3::text else 'retry' end,
       request_reason = case when p.position = f.position then $4::text end
  from (select pg_catalog.min(o.position) as position
          from eventsource.parked_events o
         where o.generation = $1::bigint and o.key = $2::text and o.discarded is null) f
 where p.generation = $1::bigint and p.key = $2::text and p.discarded is null
   and ($5::bigint is null or f.position = $5::bigint)

-- name: request_all_parked
-- Requests a retry of all parked events, or that the first of each key is discarded and the others are retried.
-- Rule: parking::ParkedKey::request.
-- Binds: $1 generation, $2 retry or discard, $3 reason or null, $4 position that the first one must have, or null.
-- Index: none, it changes every parked event of the generation; parked_events_waiting_key for the first of each key. These
--        are subqueries: a join would compare each event with each key on a table that was not analyzed yet.
--        Isolation: read committed; one autocommit statement. If the first one of a key is applied or discarded meanwhile,
--        none of the key is discarded.
update eventsource.parked_events p
   set (request, request_reason) = (
       select case when p.position = pg_catalog.min(o.position) then $2::text else 'retry' end,
              case when p.position = pg_catalog.min(o.position) then $3::text end
         from eventsource.parked_events o
        where o.generation = $1::bigint and o.key = p.key and o.discarded is null)
 where p.generation = $1::bigint and p.discarded is null
   and ($4::bigint is null
        or $4::bigint = (select pg_catalog.min(o.position)
                           from eventsource.parked_events o
                          where o.generation = $1::bigint and o.key = p.key and o.discarded is null))

-- name: unpark_applied
-- Deletes a parked event that was applied.
-- Rule: parking::ParkedKey::unpark.
-- Binds: $1 generation, $2 position, $3 key.
-- Index: either of the unique indexes that have these columns. Isolation: read committed, with the checkpoint locked.
delete from eventsource.parked_events p
 where p.generation = $1::bigint and p.position = $2::bigint and p.key = $3::text

-- name: unpark_discarded
-- Discards a parked event.
-- Rule: parking::ParkedKey::unpark.
-- Binds: $1 generation, $2 position, $3 key, $4 reason.
-- Index: either of the unique indexes that have these columns. Isolation: read committed, with the checkpoint locked.
update eventsource.parked_events p
   set discarded = $4::text, discarded_at = pg_catalog.clock_timestamp(), request = null, request_reason = null
 where p.generation = $1::bigint and p.position = $2::bigint and p.key = $3::text

-- name: unpark_failed
-- Records that a parked event failed again, and clears the request for its key.
-- Rule: parking::ParkedKey::unpark.
-- Binds: $1 generation, $2 position, $3 key, $4 error.
-- Index: parked_events_waiting_key. Isolation: read committed, with the checkpoint locked.
update eventsource.parked_events p
   set error = case when p.position = $2::bigint then $4::text else p.error end,
       attempts = p.attempts + case when p.position = $2::bigint then 1 else 0 end,
       request = null, request_reason = null
 where p.generation = $1::bigint and p.key = $3::text and p.discarded is null
   and (p.position = $2::bigint or p.request is not null)

-- name: all_parked_keys
-- The keys of a generation that have parked or discarded events.
-- Binds: $1 generation. Index: either of the table's. Isolation: read committed, with the checkpoints locked.
select distinct p.key from eventsource.parked_events p where p.generation = $1::bigint

-- name: move_parked
-- Moves the parked events of keys to partitions.
-- Binds: $1 generation; an entry per key: $2 keys, $3 partitions.
-- Index: parked_events_key_key. Isolation: read committed, with the checkpoints locked.
update eventsource.parked_events p
   set partition = m.partition
  from unnest($2::text[], $3::integer[]) as m(key, partition)
 where p.generation = $1::bigint and p.key = m.key
