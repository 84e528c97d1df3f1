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
--   What is stored can be read: one row that a reader refuses would end every read of the log. So the checks repeat what
--   readers demand. Names have the lengths of a stream id and an event type, in bytes, and no NUL character. Metadata is
--   one JSON object whose values are texts, without an escaped surrogate: readers refuse one without its other half, and
--   this crate escapes none. Times are of the years 1 to 9999. A payload has the size that every store takes.
create table eventsource_events (
    position       integer not null primary key check (position > 0),
    category       text    not null check (length(cast(category as blob)) between 1 and 128
                                           and instr(category, char(0)) = 0),
    stream_id      text    not null check (length(cast(stream_id as blob)) between 1 and 1024
                                           and instr(stream_id, char(0)) = 0),
    version        integer not null check (version > 0),
    event_id       blob    not null check (length(event_id) = 16),
    event_type     text    not null check (length(cast(event_type as blob)) between 1 and 256
                                           and instr(event_type, char(0)) = 0),
    schema_version integer not null check (schema_version between 1 and 2147483647),
    payload        text    not null check (length(cast(payload as blob)) between 1 and 67108864),
    metadata       text    not null check (metadata = '{}'
                                           or json_valid(metadata) and json_type(metadata) = 'object'
                                              and replace(metadata, '\\', '') not glob '*\u[dD][89a-fA-F]*'),
    correlation_id blob    check (length(correlation_id) = 16),
    causation_id   blob    check (length(causation_id) = 16),
    recorded_at    integer not null check (recorded_at between -62135596800000000 and 253402300799999999)
) strict;

-- A part of the check of metadata: a check constraint cannot walk through the entries.
create trigger eventsource_events_metadata
before insert on eventsource_events
when new.metadata <> '{}'
begin
    select raise(abort, 'the metadata of an event has a value that is not a text')
     where exists (select 1 from json_each(new.metadata) e where e.type <> 'text');
end;

-- Keep events from being changed or deleted by a slip. A transaction that means it drops the trigger, changes the events,
-- and creates the trigger again, with the same text: the store refuses a file that lacks it.
create trigger eventsource_events_are_not_updated
before update on eventsource_events
begin
    select raise(abort, 'events are not changed; to do so, drop the trigger eventsource_events_are_not_updated, and create it again in the same transaction');
end;

create trigger eventsource_events_are_not_deleted
before delete on eventsource_events
begin
    select raise(abort, 'events are not deleted; to do so, drop the trigger eventsource_events_are_not_deleted, and create it again in the same transaction');
end;

-- `insert or replace` deletes the event that is in the way, and no trigger runs for that, unless the connection asks for
-- it (`recursive_triggers`). The unique indexes are searched by the insert anyway.
create trigger eventsource_events_are_not_replaced
before insert on eventsource_events
when exists (select 1 from eventsource_events e where e.position = new.position)
  or exists (select 1 from eventsource_events e
              where e.category = new.category and e.stream_id = new.stream_id and e.version = new.version)
  or exists (select 1 from eventsource_events e where e.event_id = new.event_id)
begin
    select raise(abort, 'an event with this position, version or id is stored already, and events are not replaced');
end;

create unique index eventsource_events_stream on eventsource_events (category, stream_id, version);
create unique index eventsource_events_event_id on eventsource_events (event_id);

-- The events of a correlation in the order of the log: each entry ends with the position. An operator may drop it and create
-- it again: nothing else relies on it, and a file is opened without it.
create index eventsource_events_correlation on eventsource_events (correlation_id) where correlation_id is not null;

-- Receipts of appends that had an idempotency key, one row per stream of the append. Old rows may be deleted; an append
-- that is repeated after that is appended again, unless its event ids are the same.
--   command   the name of the command that the key was used for, or null if it was not given
--   content   the digest of the content of that request, or null if it was not given
create table eventsource_idempotency_keys (
    category  text    not null,
    stream_id text    not null,
    key       text    not null check (length(cast(key as blob)) between 1 and 256 and instr(key, char(0)) = 0),
    version   integer not null check (version >= 0),
    position  integer not null check (position >= 0),
    command   text,
    content   blob,
    used_at   integer not null,
    primary key (category, stream_id, key)
) strict, without rowid;

-- The order in which keys are purged.
create index eventsource_idempotency_keys_used_at on eventsource_idempotency_keys (used_at);

-- The newest snapshot of each stream, and the version and id of the event that it was made at. A snapshot whose event
-- the stream does not have is ignored and replaced. A cache: rows may be deleted at any time.
create table eventsource_snapshots (
    category     text    not null,
    stream_id    text    not null,
    version      integer not null check (version > 0),
    event_id     blob    not null check (length(event_id) = 16),
    form_version integer not null check (form_version between 0 and 4294967295),
    fingerprint  text    not null,
    state        text    not null,
    saved_at     integer not null,
    primary key (category, stream_id)
) strict;
