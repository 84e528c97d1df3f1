-- The event log, the receipts of idempotent appends, and snapshots.
--
-- Conventions of the schema `eventsource`
--   Text is compared byte by byte (collation "C"). Times are those of clock_timestamp(), not of the start of the
--   transaction.
--   Functions with `security definer` run with the rights of the owner of the schema and with a fixed search path, so
--   that a role can append without write access to any table of the log.
--
-- Error codes (SQLSTATE) raised by the functions of this schema, besides those of PostgreSQL
--   ES001  append, import: the call does not update exactly the inline projections that exist; the detail is a JSON
--          array of the names of those that exist
--   ES002  append: the outcome of a unit depends on an earlier unit of the same call in a way that only a call of its
--          own can decide; append one unit at a time
--   ES003  swap: objects outside the generation depend on the live tables; the detail lists them
--   ES004  swap: the generation is not building
--
-- Advisory locks in the form of one key: the marks of `horizon`, whose highest 16 bits are "EV" in ASCII
--
-- Advisory locks in the form of two keys (the first key is "EVST" in ASCII, counted up)
--   1163285333  queue of appends that accept any version, by hash of the stream; see `append`
--   1163285334  one grant at a time; see `grant_to`
--   1163285335  rows of a read model, by hash of the row's key; taken by the client
--   1163285336  one change of a projection's generations at a time, by hash of its name; taken by the client

-- Source of positions, which start at 1. The sequence starts at 0 and is marked as used, so that its last_value is
-- correct before the first event. It must not cache values: the horizon relies on last_value.
create sequence eventsource.event_position as bigint minvalue 0 start with 0 cache 1;
select setval('eventsource.event_position', 0, true);

-- One row per event. Rows are only ever inserted, by `append` and `import`.
--
-- Invariants
--   Versions of a stream are 1, 2, 3, ... without gaps (events_stream_version_key, and the checks in `append`).
--   Within a stream, positions rise with versions.
--   Positions may have gaps, and become visible out of order; `horizon` tells up to where the log is complete.
--   An event id is stored once (events_event_id_key).
--
-- Payload and metadata are `json`, not `jsonb`: json keeps every byte that was written, is smaller, and is faster to
-- write and to read.
create table eventsource.events (
    position       bigint                   not null,
    category       text collate "C"         not null,
    stream_id      text collate "C"         not null,
    version        bigint                   not null,
    event_id       uuid                     not null,
    event_type     text collate "C"         not null,
    schema_version integer                  not null,
    payload        json                     not null,
    metadata       json                     not null,
    correlation_id uuid,
    causation_id   uuid,
    recorded_at    timestamp with time zone not null,
    constraint events_pkey primary key (position),
    constraint events_stream_version_key unique (category, stream_id, version),
    constraint events_event_id_key unique (event_id),
    constraint events_position_check check (position > 0),
    constraint events_version_check check (version > 0),
    constraint events_schema_version_check check (schema_version > 0)
);

-- Receipts of appends that had an idempotency key, one row per stream of the append. The owner of the schema may delete
-- old rows; an append that is repeated after that is appended again, unless its event ids are the same.
create table eventsource.idempotency_keys (
    category  text collate "C"         not null,
    stream_id text collate "C"         not null,
    key       text collate "C"         not null,
    version   bigint                   not null,
    position  bigint                   not null,
    used_at   timestamp with time zone not null,
    constraint idempotency_keys_pkey primary key (category, stream_id, key)
);

-- The newest snapshot of each stream, and the version and id of the event that it was made at. A snapshot whose event
-- the stream does not have is ignored and replaced. A cache: rows may be deleted at any time.
create table eventsource.snapshots (
    category     text collate "C"         not null,
    stream_id    text collate "C"         not null,
    version      bigint                   not null,
    event_id     uuid                     not null,
    form_version bigint                   not null,
    fingerprint  text collate "C"         not null,
    state        json                     not null,
    saved_at     timestamp with time zone not null,
    constraint snapshots_pkey primary key (category, stream_id)
);
