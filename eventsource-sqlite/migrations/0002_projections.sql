-- Projections: their generations, the progress of each partition, the workers, and parked events.

-- One row per generation: one build of a projection. A projection has at most one live generation and at most one that
-- is building.
--
-- The tables of the live generation have the names that the application gives them; those of a building or retired
-- generation are called `eventsource_<generation>_<name>`. Nothing remains of an abandoned generation. Its number is not
-- given again.
--   state    building, live, retired (tables kept for a restore)
--   inline   updated in the transaction of each append; only a live generation can be
--   event_types   a JSON object with the event types that it is read with: a program that would skip one of them
--            does not process it
--   by_name  whether the projection's code names its tables in statements of its own; while it is building, tables
--            are renamed around each of its transactions
create table eventsource_generations (
    generation      integer not null primary key autoincrement,
    name            text    not null check (name <> ''),
    version         integer not null check (version between 1 and 4294967295),
    kind            text    not null check (kind in ('following', 'inline', 'handler', 'policy', 'process',
                                                           'scheduled')),
    state           text    not null check (state in ('building', 'live', 'retired')),
    inline          integer not null check (inline in (0, 1)),
    swap_when_ready integer not null check (swap_when_ready in (0, 1)),
    keep_old        integer not null check (keep_old in (0, 1)),
    by_name         integer not null check (by_name in (0, 1)),
    created_at      integer not null check (created_at between -62135596800000000 and 253402300799999999),
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
    partition  integer not null check (partition >= 0),
    position   integer not null check (position >= 0),
    epoch      integer not null check (epoch >= 0),
    owner      blob    check (length(owner) = 16),
    events     integer not null check (events >= 0),
    last_error text,
    stopped    text    check (json_valid(stopped)),
    stopped_at integer check (stopped_at between -62135596800000000 and 253402300799999999),
    updated_at integer not null check (updated_at between -62135596800000000 and 253402300799999999),
    primary key (generation, partition)
) strict, without rowid;

-- Processes that run projections. A worker that sends no heartbeat for the length of its lease is considered dead, and
-- others may claim its partitions.
--   supports    a JSON array of the projections and versions that the process can run
--   beats       changes with each heartbeat, and with each commit of the worker: while it holds the only write transaction,
--               it cannot send a heartbeat. Other processes watch it by their own clocks, because the machine's clock may
--               be set.
--   lease       length of the lease in microseconds
--   beat_at     time of the last heartbeat, for processes that have not watched the worker before
create table eventsource_workers (
    worker      blob    not null primary key check (length(worker) = 16),
    application text    not null,
    supports    text    not null check (json_valid(supports)),
    beats       integer not null check (beats >= 0),
    lease       integer not null check (lease >= 0),
    beat_at     integer not null,
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
    position       integer not null check (position > 0),
    category       text    not null check (length(cast(category as blob)) between 1 and 128),
    stream_id      text    not null check (length(cast(stream_id as blob)) between 1 and 1024),
    version        integer not null check (version > 0),
    event_id       blob    not null check (length(event_id) = 16),
    event_type     text    not null,
    error          text,
    attempts       integer not null check (attempts >= 0),
    parked_at      integer not null check (parked_at between -62135596800000000 and 253402300799999999),
    request        text check (request in ('retry', 'discard')),
    request_reason text,
    discarded      text,
    discarded_at   integer,
    primary key (generation, position, key)
) strict, without rowid;

-- There may be many parked events: these serve the operations on one key, the keys and the count of a partition, and
-- what a runner has to do.
create index eventsource_parked_events_key on eventsource_parked_events (generation, key, position);
create index eventsource_parked_events_waiting on eventsource_parked_events (generation, partition, key, position)
    where discarded is null;
create index eventsource_parked_events_request on eventsource_parked_events (generation, partition, position, key)
    where request is not null;
