-- Instances of processes.

-- name: change_instances
-- Records the steps of instances; returns the ids and states of those that are suspended or aborted, of which only the
-- number of ignored inputs changes. One that ignores only, and has no record, gets none.
-- Rule: instances::step.
-- Binds: $1 generation, $2 partition; an entry per instance: $3 ids, $4 whether it is completed, $5 ignored inputs,
--        $6 whether the step did anything else.
-- Index: instances_pkey. Isolation: read committed, with the checkpoint locked.
with changes as materialized (
    select c.key, c.completed, c.ignored, c.stepped
      from unnest($3::text[], $4::boolean[], $5::bigint[], $6::boolean[]) as c(key, completed, ignored, stepped)),
stepped as (
    insert into eventsource.instances as i (generation, key, partition, state, started_at, changed_at, ignored)
    select $1::bigint, c.key, $2::integer, case when c.completed then 'completed' else 'running' end,
           s.now, s.now, c.ignored
      from changes c, (select pg_catalog.clock_timestamp() as now) s
     where c.stepped
     order by c.key collate "C"
        on conflict (generation, key) do update
       set state = case when i.state in ('suspended', 'aborted') then i.state else excluded.state end,
           changed_at = case when i.state in ('suspended', 'aborted') then i.changed_at else excluded.changed_at end,
           ignored = i.ignored + excluded.ignored
    returning i.key, i.state),
ignoring as (
    update eventsource.instances i
       set ignored = i.ignored + c.ignored
      from changes c
     -- The list is a condition of its own, see `timers.sql`.
     where not c.stepped and i.generation = $1::bigint and i.key = any ($3::text[]) and i.key = c.key
    returning i.key, i.state)
select s.key, s.state from stepped s where s.state in ('suspended', 'aborted')
union all
select i.key, i.state from ignoring i where i.state in ('suspended', 'aborted')

-- name: instances
-- A page of the instances of a process.
-- Binds: $1 generation, $2 and $3 start and id of the last instance of the page before, $4 limit, $5 states or null for all.
-- Index: instances_start_key. Isolation: any; one autocommit statement.
select i.key, i.partition, i.state, i.started_at, i.changed_at, i.ignored, i.reason
  from eventsource.instances i
 where i.generation = $1::bigint and (i.started_at, i.key) > ($2::timestamp with time zone, $3::text collate "C")
   and ($5::text[] is null or i.state = any ($5::text[]))
 order by i.started_at, i.key
 limit $4::bigint

-- name: instance
-- The instance with an id.
-- Binds: $1 generation, $2 id.
-- Index: instances_pkey. Isolation: any; one autocommit statement.
select i.key, i.partition, i.state, i.started_at, i.changed_at, i.ignored, i.reason
  from eventsource.instances i
 where i.generation = $1::bigint and i.key = $2::text

-- name: suspended_instances
-- The ids of the instances of a partition that are suspended.
-- Binds: $1 generation, $2 partition.
-- Index: instances_suspended_key. Isolation: any; one autocommit statement.
select i.key
  from eventsource.instances i
 where i.generation = $1::bigint and i.partition = $2::integer and i.state = 'suspended'

-- name: lock_instance
-- Waits for the step of an instance that is being committed, by the lock of its partition's checkpoint. A step locks that
-- first, so that no deadlock can occur.
-- Binds: $1 generation, $2 id.
-- Index: instances_pkey. Isolation: read committed: later statements see what the step has committed.
select c.position
  from eventsource.instances i
  join eventsource.checkpoints c on c.generation = i.generation and c.partition = i.partition
 where i.generation = $1::bigint and i.key = $2::text
   for update of c

-- name: instance_state
-- The state of an instance.
-- Binds: $1 generation, $2 id.
-- Index: instances_pkey. Isolation: read committed, with the checkpoint locked.
select i.state from eventsource.instances i where i.generation = $1::bigint and i.key = $2::text

-- name: set_instance_state
-- Sets the state of an instance, and why.
-- Rule: instances::request.
-- Binds: $1 generation, $2 id, $3 state, $4 reason or null.
-- Index: instances_pkey. Isolation: read committed, with the checkpoint locked.
update eventsource.instances i
   set state = $3::text, reason = $4::text, changed_at = pg_catalog.clock_timestamp()
 where i.generation = $1::bigint and i.key = $2::text
