-- The log: one append-only table. Positions are its rowids, given by the one who writes: one above the last, so
-- that they have no gaps, and are in the order of the commits.
--
-- Every name begins with `eventsource_`: the tables of read models are in the same file.
--
-- JSON is kept as the text that was written. Payloads are not checked with `json_valid`, which refuses what is
-- nested deeper than a thousand: https://www.sqlite.org/json1.html. Texts are compared byte for byte, as SQLite
-- does by default. Ids are their 16 bytes, times are microseconds since 1970 in UTC.
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

-- The receipts of appends that were made under an idempotency key. Old ones may be deleted once nobody repeats
-- them any more.
create table eventsource_idempotency_keys (
    category  text    not null,
    stream_id text    not null,
    key       text    not null,
    version   integer not null,
    position  integer not null,
    used_at   integer not null,
    primary key (category, stream_id, key)
) strict, without rowid;

-- The newest snapshot of a stream. It may be deleted at any time.
create table eventsource_snapshots (
    category     text    not null,
    stream_id    text    not null,
    version      integer not null,
    form_version integer not null,
    fingerprint  text    not null,
    state        text    not null,
    saved_at     integer not null,
    primary key (category, stream_id)
) strict;
