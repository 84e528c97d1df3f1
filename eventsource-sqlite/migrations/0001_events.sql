-- The event log, the receipts of idempotent appends, and snapshots.
--
-- Conventions of the tables of this crate
--   Every name begins with `eventsource_`, because the tables of read models are in the same file.
--   Ids are stored as their 16 bytes. Times are microseconds since 1970-01-01 in UTC.
--   JSON is stored as the text that was written. Payloads are not checked with `json_valid`, which refuses nesting
--   deeper than 1000: https://www.sqlite.org/json1.html.
--   Text is compared byte by byte, which is SQLite's default.
--
-- Isolation: SQLite has one writer at a time, whatever the process. What a write transaction has read stays true until
--   it ends, so nothing is locked row by row.

-- One row per event. Rows are only ever inserted.
--
-- Invariants
--   Positions are rowids that the writer assigns, one above the last: they have no gaps and are in the order of
--   commits, so the horizon is the last position.
--   Versions of a stream are 1, 2, 3, ... without gaps (eventsource_events_stream, and the check before each append).
--   An event id is stored once (eventsource_events_event_id).
create table eventsource_events (
    position       integer not null primary key check (position > 0),
    category       text    not null,
    stream_id      text    not null,
    version        integer not null check (version > 0),
    event_id       blob    not null check (length(event_id) = 16),
    event_type     text    not null,
    schema_version integer not null check (schema_version > 0),
    payload        text    not null,
    metadata       text    not null check (json_valid(metadata)),
    correlation_id blob,
    causation_id   blob,
    recorded_at    integer not null
) strict;

create unique index eventsource_events_stream on eventsource_events (category, stream_id, version);
create unique index eventsource_events_event_id on eventsource_events (event_id);

-- Receipts of appends that had an idempotency key, one row per stream of the append. Old rows may be deleted; an append
-- that is repeated after that is appended again, unless its event ids are the same.
--   command   the name of the command that the key was used for, or null if it was not given
--   content   the digest of the content of that request, or null if it was not given
create table eventsource_idempotency_keys (
    category  text    not null,
    stream_id text    not null,
    key       text    not null,
    version   integer not null,
    position  integer not null,
    command   text,
    content   blob,
    used_at   integer not null,
    primary key (category, stream_id, key)
) strict, without rowid;

-- The newest snapshot of each stream, and the version and id of the event that it was made at. A snapshot whose event
-- the stream does not have is ignored and replaced. A cache: rows may be deleted at any time.
create table eventsource_snapshots (
    category     text    not null,
    stream_id    text    not null,
    version      integer not null,
    event_id     blob    not null check (length(event_id) = 16),
    form_version integer not null,
    fingerprint  text    not null,
    state        text    not null,
    saved_at     integer not null,
    primary key (category, stream_id)
) strict;
