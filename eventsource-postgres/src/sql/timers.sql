-- Timers.
--
-- A list of keys is a condition of its own: without it a plan that was made for an empty table reads the whole generation,
-- to join it with the list.

-- name: fire_timers
-- Removes timers that are to fire, if they still are as they were read; returns how many were.
-- Binds: $1 generation; an entry per timer: $2 keys, $3 names, $4 due times, $5 data.
-- Index: timers_pkey. Isolation: read committed, with the checkpoint locked.
with fired as (
    delete from eventsource.timers t
     using unnest($2::text[], $3::text[], $4::timestamp with time zone[], $5::text[]) as f(key, name, due_at, data)
     where t.generation = $1::bigint and t.key = any ($2::text[]) and t.key = f.key and t.name = f.name
       and t.due_at = f.due_at and t.data::text = f.data
    returning 1)
select pg_catalog.count(*) from fired

-- name: clear_timers
-- Removes all timers of some keys.
-- Binds: $1 generation, $2 keys.
-- Index: timers_pkey. Isolation: read committed, with the checkpoint locked.
delete from eventsource.timers t where t.generation = $1::bigint and t.key = any ($2::text[])

-- name: cancel_timers
-- Removes timers, if they exist.
-- Binds: $1 generation; an entry per timer: $2 keys, $3 names.
-- Index: timers_pkey. Isolation: read committed, with the checkpoint locked.
delete from eventsource.timers t
 using unnest($2::text[], $3::text[]) as c(key, name)
 where t.generation = $1::bigint and t.key = any ($2::text[]) and t.key = c.key and t.name = c.name

-- name: set_timers
-- Sets timers; those with the same key and name are replaced. In the order of keys and names, in which they are locked.
-- Rule: timers::TimerEffects::of.
-- Binds: $1 generation, $2 partition; an entry per timer: $3 keys, $4 names, $5 due times, $6 data.
-- Index: none, the primary key finds those that are replaced. Isolation: read committed, with the checkpoint locked.
insert into eventsource.timers (generation, partition, key, name, due_at, data)
select $1::bigint, $2::integer, s.key, s.name, s.due_at, s.data
  from unnest($3::text[], $4::text[], $5::timestamp with time zone[], $6::json[]) as s(key, name, due_at, data)
 order by s.key collate "C", s.name collate "C"
    on conflict (generation, key, name) do update
   set partition = excluded.partition, due_at = excluded.due_at, data = excluded.data

-- name: set_timer
-- Sets a timer, if there is such a generation; returns whether it replaced one: only a row that was there before is locked
-- by this transaction.
-- Binds: $1 generation, $2 partition, $3 key, $4 name, $5 due time, $6 data.
-- Index: none, the primary key finds the one that is replaced. Isolation: read committed; one autocommit statement.
insert into eventsource.timers as t (generation, partition, key, name, due_at, data)
select $1::bigint, $2::integer, $3::text, $4::text, $5::timestamp with time zone, $6::json
 where exists (select from eventsource.generations g where g.generation = $1::bigint)
    on conflict (generation, key, name) do update
   set partition = excluded.partition, due_at = excluded.due_at, data = excluded.data
returning t.xmax::text <> '0'

-- name: replace_timer
-- Replaces a timer, if it still is as it was read.
-- Binds: $1 generation, $2 key, $3 name, $4 due time, $5 data, $6 the new due time, $7 the new data.
-- Index: timers_pkey. Isolation: read committed; one autocommit statement.
update eventsource.timers t
   set due_at = $6::timestamp with time zone, data = $7::json
 where t.generation = $1::bigint and t.key = $2::text and t.name = $3::text
   and t.due_at = $4::timestamp with time zone and t.data::text = $5::text

-- name: timers_of_partition
-- A page of the timers of a partition.
-- Binds: $1 generation, $2 due by this time, $3 to $5 due time, key and name of the last timer of the page before, $6 limit,
--        $7 partition.
-- Index: timers_due_key. Isolation: any; one autocommit statement.
select t.key, t.name, t.due_at, t.data
  from eventsource.timers t
 where t.generation = $1::bigint and t.partition = $7::integer and t.due_at <= $2::timestamp with time zone
   and (t.due_at, t.key, t.name) > ($3::timestamp with time zone, $4::text collate "C", $5::text collate "C")
 order by t.due_at, t.key, t.name
 limit $6::bigint

-- name: timers
-- A page of the timers of a generation: of each of its partitions the first ones.
-- Binds: $1 generation, $2 due by this time, $3 to $5 due time, key and name of the last timer of the page before, $6 limit.
-- Index: timers_due_key. Isolation: any; one autocommit statement.
select f.key, f.name, f.due_at, f.data
  from eventsource.checkpoints c
 cross join lateral (
       select t.key, t.name, t.due_at, t.data
         from eventsource.timers t
        where t.generation = $1::bigint and t.partition = c.partition and t.due_at <= $2::timestamp with time zone
          and (t.due_at, t.key, t.name) > ($3::timestamp with time zone, $4::text collate "C", $5::text collate "C")
        order by t.due_at, t.key, t.name
        limit $6::bigint) f
 where c.generation = $1::bigint
 order by f.due_at, f.key, f.name
 limit $6::bigint

-- name: timers_of_key
-- A page of the timers of a key.
-- Binds: $1 generation, $2 due by this time, $3 to $5 due time, key and name of the last timer of the page before, $6 limit,
--        $7 partition or null for all, $8 key.
-- Index: timers_pkey. Isolation: any; one autocommit statement.
select t.key, t.name, t.due_at, t.data
  from (select t.key, t.name, t.due_at, t.data, t.partition
          from eventsource.timers t
         where t.generation = $1::bigint and t.key = $8::text
        -- The other conditions are not for the index.
        offset 0) t
 where t.due_at <= $2::timestamp with time zone
   and ($7::integer is null or t.partition = $7::integer)
   and (t.due_at, t.key, t.name) > ($3::timestamp with time zone, $4::text collate "C", $5::text collate "C")
 order by t.due_at, t.key, t.name
 limit $6::bigint
