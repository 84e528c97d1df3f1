-- Read models: their generations, how far each partition is, who works them, and what is set aside.
--
-- There is one writer at a time, in whatever process: what is read within its transaction stays as it is until that
-- ends, so nothing here is locked row by row.

-- One making of a read model. The tables of the live one have the names that the application gives them; those of a
-- building and of a retired one are called `eventsource_<generation>_<name>`. The row of an abandoned one stays, its
-- number is not used again.
create table eventsource_generations (
    generation      integer not null primary key autoincrement,
    name            text    not null,
    version         integer not null check (version > 0),
    kind            text    not null check (kind in ('following', 'inline', 'handler')),
    state           text    not null check (state in ('building', 'live', 'retired', 'abandoned')),
    inline          integer not null check (inline in (0, 1)),
    swap_when_ready integer not null check (swap_when_ready in (0, 1)),
    keep_old        integer not null check (keep_old in (0, 1)),
    -- Whether its code names tables in statements of its own. While it is building, they are renamed for it.
    by_name         integer not null check (by_name in (0, 1)),
    created_at      integer not null,
    constraint eventsource_generations_inline_check check (not inline or state = 'live')
) strict;

create unique index eventsource_generations_live on eventsource_generations (name) where state = 'live';
create unique index eventsource_generations_building on eventsource_generations (name) where state = 'building';
create index eventsource_generations_inline on eventsource_generations (generation) where inline;

-- The tables and views of a generation, by the names that the application gives them. A view of a generation that is
-- not live is this row and nothing else.
create table eventsource_objects (
    generation integer not null,
    kind       text    not null check (kind in ('table', 'view')),
    name       text    not null collate nocase,
    sql        text,
    primary key (generation, name)
) strict, without rowid;

-- How far a partition is. The epoch rises with every claim, and fences off those who held it before.
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

-- Programs that work read models. One that does not say in time that it lives has lost all it held.
create table eventsource_workers (
    worker      blob    not null primary key,
    application text    not null,
    serves      text    not null,
    -- In microseconds. What it commits is a sign of life too: while it has the one transaction, it cannot give another.
    lease       integer not null,
    lives_until integer not null,
    joined_at   integer not null
) strict, without rowid;

-- Events that are set aside, and, on record, those that were discarded.
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
