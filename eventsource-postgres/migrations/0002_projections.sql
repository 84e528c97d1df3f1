-- Projections: their generations, the progress of each partition, the workers, and parked events.

-- One row per generation: one build of a projection. A projection has at most one live generation and at most one that
-- is building.
--
-- The tables of the live generation are in the schema `home`; those of a building or retired generation are in a schema
-- `eventsource_<generation>`. Nothing remains of an abandoned generation. Its number is not given again.
--   state    building, live, retired (tables kept for a restore)
--   inline   updated in the transaction of each append; only a live generation can be
--   event_types   a JSON object with the event types that it is read with: a program that would skip one of them
--            does not process it
--   generations_inline_key supports the check of each append for inline generations, of which there are few.
create table eventsource.generations (
    generation      bigint generated always as identity,
    name            text collate "C"         not null,
    version         bigint                   not null,
    kind            text collate "C"         not null,
    state           text collate "C"         not null,
    home            text collate "C"         not null,
    inline          boolean                  not null,
    swap_when_ready boolean                  not null,
    keep_old        boolean                  not null,
    created_at      timestamp with time zone not null,
    event_types     json                     not null,
    constraint generations_pkey primary key (generation),
    constraint generations_name_check check (name <> '' and home <> ''),
    constraint generations_version_check check (version between 1 and 4294967295),
    constraint generations_kind_check check (
        kind in ('following', 'inline', 'handler', 'policy', 'process', 'scheduled')),
    constraint generations_state_check check (state in ('building', 'live', 'retired')),
    constraint generations_inline_check check (not inline or state = 'live'),
    constraint generations_created_at_check check (
        created_at >= '0001-01-01 00:00:00+00' and created_at < '10000-01-01 00:00:00+00')
);
create unique index generations_live_key on eventsource.generations (name) where state = 'live';
create unique index generations_building_key on eventsource.generations (name) where state = 'building';
create unique index generations_inline_key on eventsource.generations (generation) where inline;

-- Progress and lease of each partition of a generation.
--
-- A worker locks the row for the duration of each of its transactions. Each claim raises the epoch, and every write
-- compares it: a worker that lost its lease finds no row (fencing).
--   position    everything at or below it is applied
--   owner       the worker that holds the lease, or null
--   events      how many events were applied
--   stopped     why the partition is stopped, or null
create table eventsource.checkpoints (
    generation bigint                   not null,
    partition  integer                  not null,
    position   bigint                   not null,
    epoch      bigint                   not null,
    owner      uuid,
    events     bigint                   not null,
    last_error text,
    stopped    json,
    stopped_at timestamp with time zone,
    updated_at timestamp with time zone not null,
    constraint checkpoints_pkey primary key (generation, partition),
    constraint checkpoints_position_check check (position >= 0),
    constraint checkpoints_numbers_check check (partition >= 0 and epoch >= 0 and events >= 0),
    constraint checkpoints_stopped_at_check check (
        stopped_at >= '0001-01-01 00:00:00+00' and stopped_at < '10000-01-01 00:00:00+00'),
    constraint checkpoints_updated_at_check check (
        updated_at >= '0001-01-01 00:00:00+00' and updated_at < '10000-01-01 00:00:00+00')
)
-- Updated with every batch: half of each page is left for HOT updates.
with (fillfactor = 50);

-- Processes that run projections. A worker that sends no heartbeat for the length of its lease is considered dead, and
-- others may claim its partitions.
--   supports    a JSON array of the projections and versions that the process can run
--   beats       changes with each heartbeat. Other processes watch it by their own clocks, because the server's clock may
--               be set.
--   lease       length of the lease in microseconds
--   beat_at     time of the last heartbeat, for processes that have not watched the worker before
create table eventsource.workers (
    worker      uuid                     not null,
    application text                     not null,
    supports    json                     not null,
    beats       bigint                   not null,
    lease       bigint                   not null,
    beat_at     timestamp with time zone not null,
    joined_at   timestamp with time zone not null,
    constraint workers_pkey primary key (worker),
    constraint workers_numbers_check check (beats >= 0 and lease >= 0),
    constraint workers_beat_at_check check (beat_at >= '0001-01-01 00:00:00+00' and beat_at < '10000-01-01 00:00:00+00')
)
with (fillfactor = 50);

-- Parked events: those that a projection failed to apply and that wait for a retry, and those that were discarded,
-- which are kept as a record.
--   key          the key whose later events are parked behind this one
--   request      what an operator has asked for, until the runner has done it
--   discarded    the reason given for discarding the event, or null
--   parked_events_key_key serves the operations on one key, and parked_events_request_key what a runner has to do: there
--   may be many parked events.
create table eventsource.parked_events (
    generation     bigint                   not null,
    partition      integer                  not null,
    key            text collate "C"         not null,
    position       bigint                   not null,
    category       text collate "C"         not null,
    stream_id      text collate "C"         not null,
    version        bigint                   not null,
    event_id       uuid                     not null,
    event_type     text collate "C"         not null,
    error          text,
    attempts       bigint                   not null,
    parked_at      timestamp with time zone not null,
    request        text collate "C",
    request_reason text,
    discarded      text,
    discarded_at   timestamp with time zone,
    constraint parked_events_pkey primary key (generation, position, key),
    constraint parked_events_request_check check (request in ('retry', 'discard')),
    constraint parked_events_numbers_check check (partition >= 0 and position > 0 and version > 0 and attempts >= 0),
    constraint parked_events_category_check check (octet_length(category) between 1 and 128),
    constraint parked_events_stream_id_check check (octet_length(stream_id) between 1 and 1024),
    constraint parked_events_parked_at_check check (
        parked_at >= '0001-01-01 00:00:00+00' and parked_at < '10000-01-01 00:00:00+00')
);
-- There may be many parked events, and more that were discarded. The first index serves the record of a key, the second the
-- operations on a key and the keys and the count of a partition, and the third what a runner has to do.
create unique index parked_events_key_key on eventsource.parked_events (generation, key, position);
create unique index parked_events_waiting_key on eventsource.parked_events (generation, key, position)
    include (partition) where discarded is null;
create unique index parked_events_request_key on eventsource.parked_events (generation, partition, position, key)
    where request is not null;

-- Deletes a building or retired generation, with its checkpoints, parked events, timers and instances. Its number is not
-- given again.
--
-- Parameters: p_generation.
-- Result: whether there was one.
-- Isolation: any, after the lock of the name. Locks: the rows that it deletes.
-- Invariant: an application cannot delete a live generation.
create function eventsource.delete_generation(p_generation bigint)
returns boolean
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    delete from eventsource.generations g
     where g.generation = p_generation and g.state in ('building', 'retired');
    if not found then
        return false;
    end if;
    delete from eventsource.checkpoints c where c.generation = p_generation;
    delete from eventsource.parked_events p where p.generation = p_generation;
    delete from eventsource.timers t where t.generation = p_generation;
    delete from eventsource.instances i where i.generation = p_generation;
    return true;
end
$$;

revoke all on function eventsource.delete_generation(bigint) from public;

-- Begins a transaction of a worker on one partition: checks the lease and switches to the tables of the generation.
--
-- Parameters: p_generation, p_partition, p_epoch: the lease.
-- Result: the position of the checkpoint, and whether the generation is building. Null if the lease is lost, if the
--   partition is stopped, or if the generation is inline (the worker may not have learned of its promotion yet).
-- Isolation: read committed, as the first statement of the worker's transaction.
-- Locks: the row of the checkpoint, until the end of the transaction. A caller that waits for it holds no other lock.
-- Invariants: no worker can claim the partition while the transaction lasts, and after a claim the old epoch matches no
--   row: a worker that lost its lease cannot commit. A building generation writes to its own schema, which comes first
--   in the search path of the transaction.
-- Evidence: the conformance themes on leases; tests/server/projections/fencing.rs.
create function eventsource.enter(
    p_generation bigint, p_partition integer, p_epoch bigint,
    out "position" bigint, out building boolean)
language plpgsql
volatile
-- Security invoker, and no search path of its own: it changes that of the caller. So names are qualified, and no
-- operator has operands of different types: another schema of the path could have one that fits them better.
as $$
#variable_conflict use_column
declare
    v_position bigint;
    v_state    text;
    v_kind     text;
    v_inline   boolean;
begin
    select c.position into v_position
      from eventsource.checkpoints c
     where c.generation = p_generation and c.partition = p_partition
       and c.epoch = p_epoch and c.owner is not null and c.stopped is null
       for update;
    if not found then
        return;
    end if;
    -- A later statement, and so a later snapshot: the transaction that held the row lock may have swapped generations.
    select g.state, g.kind, g.inline into v_state, v_kind, v_inline
      from eventsource.generations g
     where g.generation = p_generation;
    if v_inline or v_state is distinct from 'live' and v_state is distinct from 'building' then
        return;
    end if;
    -- Rows and checkpoint are in one transaction that commits after the events it applies. A server crash can lose both
    -- together, and then they are applied again. The effects of an event handler cannot be repeated: it is flushed.
    if v_kind <> 'handler' then
        perform pg_catalog.set_config('synchronous_commit', 'off', true);
    end if;
    -- A process that stalls within the transaction would block the next holder of the lease.
    perform pg_catalog.set_config('idle_in_transaction_session_timeout', '10s', true);
    "position" := v_position;
    building := v_state = 'building';
    if building then
        perform pg_catalog.set_config('search_path', pg_catalog.concat_ws(', ',
            pg_catalog.concat('eventsource_', p_generation),
            nullif(pg_catalog.current_setting('search_path'), '')), true);
    end if;
end
$$;

revoke all on function eventsource.enter(bigint, integer, bigint) from public;
