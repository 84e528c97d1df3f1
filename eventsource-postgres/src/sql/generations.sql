-- Generations of projections.

-- name: lock_name
-- Serializes the creation and swaps of the generations of one name, until the transaction ends.
-- Binds: $1 name. Index: none. Isolation: within a transaction; the rows that it protects are read in a later statement.
select pg_catalog.pg_advisory_xact_lock(1163285336, pg_catalog.hashtext($1::text))

-- name: try_lock_name
-- The lock of `lock_name` without waiting; returns whether it was acquired.
-- Binds: $1 name. Index: none. Isolation: within a transaction; the rows that it protects are read in a later statement.
select pg_catalog.pg_try_advisory_xact_lock(1163285336, pg_catalog.hashtext($1::text))

-- name: generation
-- Name, state and schema of a generation, and whether it is inline.
-- Binds: $1 generation.
-- Index: generations_pkey. Isolation: read committed.
select g.name, g.state, g.home, g.inline
  from eventsource.generations g
 where g.generation = $1::bigint

-- name: current_generations
-- The live and the building generation of a name, and the schema of the live tables.
-- Binds: $1 name.
-- Index: none, the table is small. Isolation: read committed, after the lock of the name.
select g.generation, g.version, g.state, g.home
  from eventsource.generations g
 where g.name = $1::text and g.state in ('live', 'building')
 order by g.generation

-- name: generations
-- Every generation, with each of its partitions.
-- Binds: none.
-- Index: of the parked events parked_events_waiting_key and parked_events_request_key; the other tables are small.
-- Isolation: any; one autocommit statement.
select g.generation, g.name, g.version, g.kind, g.state, g.inline, g.swap_when_ready, g.keep_old, g.created_at,
       c.position, c.epoch, c.owner,
       c.events,
       coalesce(p.parked, 0), coalesce(r.requests, 0),
       c.last_error, c.stopped::text, c.stopped_at, c.updated_at,
       g.event_types::text, w.application, w.beats, w.lease,
       (pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - w.beat_at) * 1000000)::bigint
  from eventsource.generations g
  join eventsource.checkpoints c on c.generation = g.generation
  left join eventsource.workers w on w.worker = c.owner
  -- Each read once, and not for each partition: there may be many. Those that were discarded are not read.
  left join (
       select e.generation, e.partition, pg_catalog.count(*) as parked
         from eventsource.parked_events e
        where e.discarded is null
        group by e.generation, e.partition) p on p.generation = c.generation and p.partition = c.partition
  left join (
       select e.generation, e.partition, pg_catalog.count(distinct e.key) as requests
         from eventsource.parked_events e
        where e.request is not null
        group by e.generation, e.partition) r on r.generation = c.generation and r.partition = c.partition
 order by g.name, g.generation, c.partition

-- name: insert_generation
-- Creates a generation, with a checkpoint for each partition.
-- Rule: generations::NewGeneration.
-- Binds: $1 name, $2 version, $3 kind, $4 state, $5 home, or null for the schema in which tables are created,
--        $6 whether it swaps when ready, $7 whether the old one is kept, $8 number of partitions,
--        $9 position, or null for the end of the log, $10 the event types as JSON.
-- Index: none. Isolation: read committed, after the lock of the name.
with made as (
    insert into eventsource.generations (name, version, kind, state, home, inline, swap_when_ready, keep_old, created_at,
                                         event_types)
    select $1::text, $2::bigint, $3::text, $4::text, coalesce($5::text, pg_catalog.current_schema()), false,
           $6::boolean, $7::boolean, pg_catalog.clock_timestamp(), $10::text::json
    returning generation),
placed as (
    insert into eventsource.checkpoints (generation, partition, position, epoch, events, updated_at)
    select m.generation, p.number, coalesce($9::bigint, h.position), 0, 0, pg_catalog.clock_timestamp()
      from made m,
           -- Read once: partitions that started at different positions would disagree about which events are new.
           (select case when $9::bigint is null then eventsource.horizon() end as position offset 0) h,
           pg_catalog.generate_series(0, $8::integer - 1) as p(number))
select generation from made

-- name: set_swap_options
-- Sets whether a building generation is swapped once it has caught up, and whether the old one is then kept.
-- Rule: generations::set_swap_options.
-- Binds: $1 generation, $2 whether it is swapped with the live one, $3 whether the old one is kept, or null for no change.
-- Index: none, the table is small. Isolation: any; one autocommit statement.
update eventsource.generations g
   set swap_when_ready = $2::boolean, keep_old = coalesce($3::boolean, g.keep_old)
 where g.generation = $1::bigint and g.state = 'building'

-- name: widen
-- Sets the event types that a generation is read with, and revokes its leases if it has to.
-- Rule: generations::Widening::apply.
-- Binds: $1 generation, $2 the event types as JSON, $3 whether the leases are revoked.
-- Index: checkpoints_pkey. Isolation: read committed, with the checkpoints locked.
with widened as (
    update eventsource.generations g
       set event_types = $2::text::json
     where g.generation = $1::bigint
    returning g.generation)
update eventsource.checkpoints c
   set epoch = c.epoch + 1, owner = null
  from widened w
 where c.generation = w.generation and $3::boolean

-- name: revive
-- Turns a retired generation back into a building one.
-- Rule: generations::revive.
-- Binds: $1 generation.
-- Index: none, the table is small. Isolation: read committed, after the lock of the name.
update eventsource.generations g
   set state = 'building', swap_when_ready = false
 where g.generation = $1::bigint

-- name: abandon
-- Deletes a building or retired generation; see the function.
-- Binds: $1 generation.
-- Index: none, the table is small. Isolation: read committed, after the lock of the name.
select eventsource.delete_generation($1::bigint)

-- name: building_path
-- Puts the schema of a building generation first in the search path, until the transaction ends.
-- Binds: $1 generation. Index: none. Isolation: within a transaction.
select pg_catalog.set_config('search_path', pg_catalog.concat_ws(', ', pg_catalog.concat('eventsource_', $1::bigint),
           nullif(pg_catalog.current_setting('search_path'), '')), true)

-- name: compared
-- The schema of the live tables of a building generation, and the positions of the live and the building generation.
-- Binds: $1 generation.
-- Index: none, the table is small. Isolation: repeatable read, in the snapshot of the rows.
select g.home,
       coalesce((select pg_catalog.min(c.position) from eventsource.checkpoints c
                   join eventsource.generations l on l.generation = c.generation
                  where l.name = g.name and l.state = 'live'), 0),
       coalesce((select pg_catalog.min(c.position) from eventsource.checkpoints c where c.generation = g.generation), 0)
  from eventsource.generations g
 where g.generation = $1::bigint and g.state = 'building'

-- name: swap
-- Swaps a building generation with the live one; see the function.
-- Rule: generations::make_live and generations::retire.
-- Binds: $1 generation, $2 whether the old one is kept. Index: none. Isolation: read committed, within a transaction.
select eventsource.swap($1::bigint, $2::boolean)

-- name: live_is_inline
-- Whether the live generation of a name is inline.
-- Binds: $1 name.
-- Index: none, the table is small. Isolation: read committed, after the lock of the name.
select exists (select from eventsource.generations g where g.name = $1::text and g.state = 'live' and g.inline)

-- name: promote
-- Promotes a live generation: it is inline from the commit of the transaction on.
-- Rule: generations::promote.
-- Binds: $1 generation.
-- Index: none, the table is small. Isolation: read committed, while appends are held.
update eventsource.generations g
   set inline = true
 where g.generation = $1::bigint and g.state = 'live'

-- name: demote
-- Demotes an inline generation: it follows the log again, from its end on.
-- Rule: generations::demote.
-- Binds: $1 generation.
-- Index: none, the table is small. Isolation: read committed, while appends are held: the horizon is the end of the log.
with demoted as (
    update eventsource.generations g
       set inline = false
     where g.generation = $1::bigint and g.inline
    returning g.generation)
update eventsource.checkpoints c
   set position = eventsource.horizon(), updated_at = pg_catalog.clock_timestamp()
  from demoted d
 where c.generation = d.generation

-- name: handler_to_change
-- The live generation of an event handler, if no other projection has the name that it is to get, with what its
-- checkpoints have in common.
-- Binds: $1 generation, $2 name.
-- Index: none for the name, because there are few generations.
-- Isolation: read committed, after the locks of both names and of the checkpoints.
select pg_catalog.count(*), pg_catalog.min(c.position), pg_catalog.max(c.epoch), pg_catalog.sum(c.events)::bigint
  from eventsource.generations g
  join eventsource.checkpoints c on c.generation = g.generation
 where g.generation = $1::bigint and g.kind = 'handler' and g.state = 'live'
   and not exists (select from eventsource.generations o where o.name = $2::text and o.generation <> $1::bigint)
having pg_catalog.count(*) > 0

-- name: rename_generation
-- Gives a generation another name, and revokes its leases.
-- Binds: $1 generation, $2 name.
-- Index: checkpoints_pkey. Isolation: read committed, with the checkpoints locked.
with renamed as (
    update eventsource.generations g
       set name = $2::text
     where g.generation = $1::bigint
    returning g.generation)
update eventsource.checkpoints c
   set epoch = c.epoch + 1, owner = null
  from renamed r
 where c.generation = r.generation
