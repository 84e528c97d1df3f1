-- Instances of processes.

-- name: step_instances
-- Records the steps of instances. Of one that is suspended or aborted only the number of ignored inputs changes.
-- Rule: instances::step.
-- Binds: 1 generation, 2 partition, 3 now, 4 steps as a JSON array of [id, state, ignored inputs].
-- Index: none, the primary key finds those that have a record. Isolation: while writing.
insert into eventsource_instances as i (generation, partition, key, state, started_at, changed_at, ignored)
select ?1, ?2, value ->> 0, value ->> 1, ?3, ?3, value ->> 2
  from json_each(?4)
 where true
    on conflict (generation, key) do update
   set state = case when i.state in ('suspended', 'aborted') then i.state else excluded.state end,
       changed_at = case when i.state in ('suspended', 'aborted') then i.changed_at else excluded.changed_at end,
       ignored = i.ignored + excluded.ignored

-- name: ignore_inputs
-- Counts inputs that instances have ignored, of those that have a record.
-- Rule: instances::step.
-- Binds: 1 generation, 2 a JSON array of [id, ignored inputs].
-- Index: the primary key. Isolation: while writing.
insert into eventsource_instances as i (generation, partition, key, state, started_at, changed_at, ignored)
select i.generation, i.partition, i.key, i.state, i.started_at, i.changed_at, c.value ->> 1
  from json_each(?2) c
 cross join eventsource_instances i
 where i.generation = ?1 and i.key = c.value ->> 0
    on conflict (generation, key) do update set ignored = i.ignored + excluded.ignored

-- name: held_among
-- Those of some instances that are suspended or aborted, with their states.
-- Binds: 1 generation, 2 ids as a JSON array. Index: the primary key. Isolation: while writing.
select i.key, i.state
  from json_each(?2) c
 cross join eventsource_instances i
 where i.generation = ?1 and i.key = c.value and i.state in ('suspended', 'aborted')

-- name: instances
-- A page of the instances of a process.
-- Binds: 1 generation, 2 and 3 start and id of the last instance of the page before, 4 limit, 5 states as a JSON array or
--        null for all.
-- Index: eventsource_instances_start. Isolation: any.
select key, partition, state, started_at, changed_at, ignored, reason
  from eventsource_instances
 where generation = ?1 and (started_at, key) > (?2, ?3)
   and (?5 is null or state in (select value from json_each(?5)))
 order by started_at, key
 limit ?4

-- name: instance
-- The instance with an id.
-- Binds: 1 generation, 2 id.
-- Index: the primary key. Isolation: any.
select key, partition, state, started_at, changed_at, ignored, reason
  from eventsource_instances
 where generation = ?1 and key = ?2

-- name: suspended_instances
-- The ids of the instances of a partition that are suspended.
-- Binds: 1 generation, 2 partition. Index: eventsource_instances_suspended. Isolation: any.
select key
  from eventsource_instances
 where generation = ?1 and partition = ?2 and state = 'suspended'

-- name: instance_state
-- The state of an instance.
-- Binds: 1 generation, 2 id. Index: the primary key. Isolation: while writing.
select state from eventsource_instances where generation = ?1 and key = ?2

-- name: set_instance_state
-- Sets the state of an instance, and why.
-- Rule: instances::request.
-- Binds: 1 generation, 2 id, 3 state, 4 reason or null, 5 now. Index: the primary key. Isolation: while writing.
update eventsource_instances set state = ?3, reason = ?4, changed_at = ?5 where generation = ?1 and key = ?2

-- name: delete_instances
-- Deletes the instances of an abandoned generation.
-- Binds: 1 generation. Index: the primary key. Isolation: while writing.
delete from eventsource_instances where generation = ?1
