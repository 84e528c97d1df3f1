-- Projections: their generations, the progress of each partition, the workers, and parked events.

-- One row per generation: one build of a projection. A projection has at most one live generation and at most one that
-- is building.
--
-- The tables of the live generation have the names that the application gives them; those of a building or retired
-- generation are called `eventsource_<generation>_<name>`. The row of an abandoned generation stays, so that its number
-- is not used again.
--   state    building, live, retired (tables kept for a restore), abandoned (tables dropped)
--   inline   updated in the transaction of each append; only a live generation can be
--   event_types   a JSON object with the event types that it is read with: a program that would skip one of them
--            does not process it
--   by_name  whether the projection's code names its tables in statements of its own; while it is building, tables
--            are renamed around each of its transactions
create table eventsource_generations (
    generation      integer not null primary key autoincrement,
    name            text    not null,
    version         integer not null check (version > 0),
    kind            text    not null check (kind in ('following', 'inline', 'handler')),
    state           text    not null check (state in ('building', 'live', 'retired', 'abandoned')),
    inline          integer not null check (inline in (0, 1)),
    swap_when_ready integer not null check (swap_when_ready in (0, 1)),
    keep_old        integer not null check (keep_old in (0, 1)),
    by_name         integer not null check (by_name in (0, 1)),
    created_at      integer not null,
    event_types     text    not null check (json_valid(event_types)),
    constraint eventsource_generations_inline_check check (not inline or state = 'live')
) strict;

create unique index eventsource_generations_live on eventsource_generations (name) where state = 'live';
create unique index eventsource_generations_building on eventsource_generations (name) where state = 'building';
create index eventsource_generations_inline on eventsource_generations (generation) where inline;

-- The tables and views of each generation, by the names that the application gives them. The view of a generation that
-- is not live exists only as its definition in this row.
create table eventsource_objects (
    generation integer not null,
    kind       text    not null check (kind in ('table', 'view')),
    name       text    not null collate nocase,
    sql        text,
    primary key (generation, name)
) strict, without rowid;

-- Progress and lease of each partition of a generation. Each claim raises the epoch, and every write compares it: a
-- worker that lost its lease finds no row (fencing).
--   position    everything at or below it is applied
--   owner       the worker that holds the lease, or null
--   events      how many events were applied
--   stopped     why the partition is stopped, or null
create table eventsource_checkpoints (
    generation integer not null,
    partition  integer not null,
    position   integer not null check (position >= 0),
    epoch      integer not null,
    owner      blob,
    events     integer not null,
    last_error text,
    stopped    text,
    stopped_at integer,
    updated_at integer not null,
    primary key (generation, partition)
) strict, without rowid;

-- Processes that run projections. A worker whose lease has expired is considered dead, and others may claim its
-- partitions.
--   supports    a JSON array of the projections and versions that the process can run
--   lease       length of the lease in microseconds. Each commit of the worker extends the lease too: while the worker
--               holds the only write transaction, it cannot send a heartbeat.
create table eventsource_workers (
    worker      blob    not null primary key,
    application text    not null,
    supports    text    not null,
    lease       integer not null,
    expires_at  integer not null,
    joined_at   integer not null
) strict, without rowid;

-- Parked events: those that a projection failed to apply and that wait for a retry, and those that were discarded,
-- which are kept as a record.
--   key          the key whose later events are parked behind this one
--   request      what an operator has asked for, until the runner has done it
--   discarded    the reason given for discarding the event, or null
create table eventsource_parked_events (
    generation     integer not null,
    partition      integer not null,
    key            text    not null,
    position       integer not null,
    category       text    not null,
    stream_id      text    not null,
    version        integer not null,
    event_id       blob    not null,
    event_type     text    not null,
    error          text,
    attempts       integer not null,
    parked_at      integer not null,
    request        text check (request in ('retry', 'discard')),
    request_reason text,
    discarded      text,
    discarded_at   integer,
    primary key (generation, position, key)
) strict, without rowid;
