-- Projections: their generations, the progress of each partition, the workers, and parked events.

-- One row per generation: one build of a projection. A projection has at most one live generation and at most one that
-- is building.
--
-- The tables of the live generation are in the schema `home`; those of a building or retired generation are in a schema
-- `eventsource_<generation>`. The row of an abandoned generation stays, so that its number is not used again.
--   state    building, live, retired (tables kept for a restore), abandoned (tables dropped)
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
    constraint generations_version_check check (version > 0),
    constraint generations_kind_check check (kind in ('following', 'inline', 'handler')),
    constraint generations_state_check check (state in ('building', 'live', 'retired', 'abandoned')),
    constraint generations_inline_check check (not inline or state = 'live')
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
    constraint checkpoints_position_check check (position >= 0)
)
-- Updated with every batch: half of each page is left for HOT updates.
with (fillfactor = 50);

-- Processes that run projections. A worker whose lease has expired is considered dead, and others may claim its
-- partitions.
--   supports    a JSON array of the projections and versions that the process can run
create table eventsource.workers (
    worker      uuid                     not null,
    application text                     not null,
    supports    json                     not null,
    expires_at  timestamp with time zone not null,
    joined_at   timestamp with time zone not null,
    constraint workers_pkey primary key (worker)
)
with (fillfactor = 50);

-- Parked events: those that a projection failed to apply and that wait for a retry, and those that were discarded,
-- which are kept as a record.
--   key          the key whose later events are parked behind this one
--   request      what an operator has asked for, until the runner has done it
--   discarded    the reason given for discarding the event, or null
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
    constraint parked_events_request_check check (request in ('retry', 'discard'))
);

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
-- Security invoker, and no search path of its own: it changes that of the caller.
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
        perform pg_catalog.set_config('search_path', pg_catalog.concat_ws(', ', 'eventsource_' || p_generation,
            nullif(pg_catalog.current_setting('search_path'), '')), true);
    end if;
end
$$;

revoke all on function eventsource.enter(bigint, integer, bigint) from public;
