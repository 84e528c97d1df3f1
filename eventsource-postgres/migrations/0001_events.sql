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
--   1163285334  one grant at a time; see `grant_read_to`
--   1163285335  rows of a read model, by hash of the row's key; taken by the client
--   1163285336  one change of a projection's generations at a time, by hash of its name; taken by the client
--   1163285337  one receiver of a message at a time, by hash of its name; taken by the client

-- Source of positions, which start at 1. The sequence starts at 0 and is marked as used, so that its last_value is
-- correct before the first event. It must not cache values: the horizon relies on last_value.
create sequence eventsource.event_position as bigint minvalue 0 start with 0 cache 1;
select setval('eventsource.event_position', 0, true);

-- Whether readers take an event. It is the check of the table of events, in one expression: the server parses the text
-- of each check for each statement that inserts, and with one check per column an append took a third longer.
--
-- Names have the lengths of a stream id and an event type, in bytes. Metadata is a JSON object, whose values are texts
-- in which no surrogate is escaped without its other half: `json` accepts that, and readers do not. The text is valid
-- JSON already, so the regular expression only tells texts from other values, and halves of surrogates from whole ones.
-- It takes a third of the time of a function that walks through the entries. Times are finite, and of the years 1 to
-- 9999. A payload has the size that every store takes, and a header.
-- Names are qualified, no operator has operands of different types, and the regular expression is written with `E`, since
-- the search path and `standard_conforming_strings` are those of the caller.
-- Evidence: tests/server/refused.rs.
create function eventsource.is_readable(
    p_position bigint, p_category text, p_stream text, p_version bigint, p_type text, p_schema integer, p_payload json,
    p_metadata json, p_time timestamp with time zone)
returns boolean
language plpgsql
immutable
as $$
begin
    return p_position > 0::bigint and p_version > 0::bigint and p_schema > 0
       and pg_catalog.octet_length(p_category) between 1 and 128
       and pg_catalog.octet_length(p_stream) between 1 and 1024
       and pg_catalog.octet_length(p_type) between 1 and 256
       and pg_catalog.pg_column_size(p_payload) <= 67108868
       and p_time >= '0001-01-01 00:00:00+00' and p_time < '10000-01-01 00:00:00+00'
       and (p_metadata::text = '{}' or p_metadata::text ~
        E'^\\s*\\{(?:\\s*"(?:[^"\\\\]|\\\\[^u]|\\\\u(?:[^dD]|[dD][0-7]|[dD][89abAB]..\\\\u[dD][c-fC-F]))*"\\s*:\\s*'
        '"(?:[^"\\\\]|\\\\[^u]|\\\\u(?:[^dD]|[dD][0-7]|[dD][89abAB]..\\\\u[dD][c-fC-F]))*"\\s*,?)*\\s*\\}\\s*$');
end
$$;

revoke all on function eventsource.is_readable(
    bigint, text, text, bigint, text, integer, json, json, timestamp with time zone)
    from public;

-- One row per event. Rows are only ever inserted, by `append` and `import`.
--
-- Invariants
--   Versions of a stream are 1, 2, 3, ... without gaps (events_stream_version_key, and the checks in `append`).
--   Within a stream, positions rise with versions.
--   Positions may have gaps, and become visible out of order; `horizon` tells up to where the log is complete.
--   An event id is stored once (events_event_id_key).
--   What is stored can be read: one row that a reader refuses would end every read of the log (events_readable_check).
--   No statement updates, deletes or truncates, not even the owner's; see `keep_events`.
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
    constraint events_readable_check check (eventsource.is_readable(
        position, category, stream_id, version, event_type, schema_version, payload, metadata, recorded_at))
);

-- The events of a correlation in the order of the log, see `read_correlated`. An operator may drop it and create it again
-- while the store is in use, both `concurrently`: nothing else relies on it.
create index events_correlation_key on eventsource.events (correlation_id, position)
    where correlation_id is not null;

-- Keeps events from being changed or deleted by a slip of the owner, or of a superuser. Other roles have no right to.
--
-- A transaction that means it sets this first, for itself only:
--   set local eventsource.change_events = 'on'
-- A reader that has read the events before keeps what it has read, and an inline or following projection is not told.
-- It runs once per statement, and not for inserts. Evidence: tests/server/roles/rights.rs.
create function eventsource.keep_events()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if current_setting('eventsource.change_events', true) is distinct from 'on' then
        raise exception 'events are neither changed nor deleted: % of eventsource.events', lower(tg_op)
            using errcode = 'object_not_in_prerequisite_state',
                  hint = 'If you mean it, run "set local eventsource.change_events = ''on''" in the transaction first.';
    end if;
    return null;
end
$$;

revoke all on function eventsource.keep_events() from public;

create trigger events_are_kept
before update or delete or truncate on eventsource.events
for each statement execute function eventsource.keep_events();

-- Receipts of appends that had an idempotency key, one row per stream of the append. Old rows are deleted by `purge_keys`;
-- an append that is repeated after that is appended again, unless its event ids are the same.
--   command   the name of the command that the key was used for, or null if it was not given
--   content   the digest of the content of that request, or null if it was not given
create table eventsource.idempotency_keys (
    category  text collate "C"         not null,
    stream_id text collate "C"         not null,
    key       text collate "C"         not null,
    version   bigint                   not null,
    position  bigint                   not null,
    command   text collate "C",
    content   uuid,
    used_at   timestamp with time zone not null,
    constraint idempotency_keys_pkey primary key (category, stream_id, key),
    constraint idempotency_keys_key_check check (octet_length(key) between 1 and 256),
    constraint idempotency_keys_place_check check (version >= 0 and position >= 0)
);
-- The order in which keys are purged.
create index idempotency_keys_used_at_key on eventsource.idempotency_keys (used_at);

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
    constraint snapshots_pkey primary key (category, stream_id),
    constraint snapshots_category_check check (octet_length(category) between 1 and 128),
    constraint snapshots_stream_id_check check (octet_length(stream_id) between 1 and 1024),
    constraint snapshots_version_check check (version > 0),
    constraint snapshots_form_version_check check (form_version between 0 and 4294967295)
);
