-- Timers.
--
-- A cross join looks up each entry of a list: the planner may choose to read the whole generation otherwise.

-- name: fire_timers
-- Removes timers that are to fire, if they still are as they were read.
-- Binds: 1 generation, 2 timers as a JSON array of [key, name, due time, data].
-- Index: the primary key. Isolation: while writing.
delete from eventsource_timers
 where rowid in (select t.rowid
                   from json_each(?2) f
                  cross join eventsource_timers t
                  where t.generation = ?1 and t.key = f.value ->> 0 and t.name = f.value ->> 1
                    and +t.due_at = f.value ->> 2 and t.data = f.value ->> 3)

-- name: clear_timers
-- Removes all timers of keys.
-- Binds: 1 generation, 2 keys as a JSON array. Index: the primary key. Isolation: while writing.
delete from eventsource_timers where generation = ?1 and key in (select value from json_each(?2))

-- name: cancel_timers
-- Removes timers, if they exist.
-- Binds: 1 generation, 2 timers as a JSON array of [key, name]. Index: the primary key. Isolation: while writing.
delete from eventsource_timers
 where rowid in (select t.rowid
                   from json_each(?2) c
                  cross join eventsource_timers t
                  where t.generation = ?1 and t.key = c.value ->> 0 and t.name = c.value ->> 1)

-- name: set_timers
-- Sets timers, if there is such a generation; those with the same key and name are replaced.
-- Rule: timers::TimerEffects::of.
-- Binds: 1 generation, 2 partition, 3 timers as a JSON array of [key, name, due time, data].
-- Index: none, the primary key finds those that are replaced. Isolation: while writing.
insert into eventsource_timers (generation, partition, key, name, due_at, data)
select ?1, ?2, value ->> 0, value ->> 1, value ->> 2, value ->> 3
  from json_each(?3)
 where exists (select 1 from eventsource_generations g where g.generation = ?1)
    on conflict (generation, key, name) do update
   set partition = excluded.partition, due_at = excluded.due_at, data = excluded.data

-- name: has_timer
-- Whether there is a timer with this key and name.
-- Binds: 1 generation, 2 key, 3 name. Index: the primary key. Isolation: while writing.
select exists (select 1 from eventsource_timers where generation = ?1 and key = ?2 and name = ?3)

-- name: timers_of_partition
-- A page of the timers of a partition.
-- Binds: 1 generation, 2 due by this time, 3 to 5 due time, key and name of the last timer of the page before, 6 limit,
--        7 partition.
-- Index: eventsource_timers_partition. Isolation: any.
select key, name, due_at, data
  from eventsource_timers
 where generation = ?1 and partition = ?7 and due_at <= ?2 and (due_at, key, name) > (?3, ?4, ?5)
 order by due_at, key, name
 limit ?6

-- name: timers
-- A page of the timers of a generation.
-- Binds: 1 generation, 2 due by this time, 3 to 5 due time, key and name of the last timer of the page before, 6 limit.
-- Index: eventsource_timers_due. Isolation: any.
select key, name, due_at, data
  from eventsource_timers
 where generation = ?1 and due_at <= ?2 and (due_at, key, name) > (?3, ?4, ?5)
 order by due_at, key, name
 limit ?6

-- name: timers_of_key
-- A page of the timers of a key.
-- Binds: 1 generation, 2 due by this time, 3 to 5 due time, key and name of the last timer of the page before, 6 limit,
--        7 partition or null for all, 8 key.
-- Index: the primary key. Isolation: any.
select key, name, due_at, data
  from eventsource_timers
 where generation = ?1 and key = ?8 and +due_at <= ?2 and (?7 is null or +partition = ?7)
   and (+due_at, key, name) > (?3, ?4, ?5)
 order by +due_at, key, name
 limit ?6

-- name: delete_timers
-- Deletes the timers of an abandoned generation.
-- Binds: 1 generation. Index: the primary key. Isolation: while writing.
delete from eventsource_timers where generation = ?1
