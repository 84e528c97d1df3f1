-- The log: one append-only table, and the sequence its positions come from.
--
-- Positions start at 1. The sequence starts at 0 and is marked as used, so that its last_value is truthful
-- before the first event; it caches nothing, because the horizon relies on last_value.
create sequence eventsource.event_position as bigint minvalue 0 start with 0 cache 1;
select setval('eventsource.event_position', 0, true);

-- `json` and not `jsonb`: it keeps every byte that was written, is smaller, and faster to write and to read.
-- Texts that are compared are compared byte for byte.
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

-- The receipts of appends that were made under an idempotency key. Old ones may be deleted by the owner of
-- the schema once nobody repeats them any more.
create table eventsource.idempotency_keys (
    category  text collate "C"         not null,
    stream_id text collate "C"         not null,
    key       text collate "C"         not null,
    version   bigint                   not null,
    position  bigint                   not null,
    used_at   timestamp with time zone not null,
    constraint idempotency_keys_pkey primary key (category, stream_id, key)
);

-- The newest snapshot of a stream. It may be deleted at any time.
create table eventsource.snapshots (
    category     text collate "C"         not null,
    stream_id    text collate "C"         not null,
    version      bigint                   not null,
    form_version bigint                   not null,
    fingerprint  text collate "C"         not null,
    state        json                     not null,
    saved_at     timestamp with time zone not null,
    constraint snapshots_pkey primary key (category, stream_id)
);

-- How far a consumer of the log has come. The epoch fences off a worker that lost its lease.
create table eventsource.checkpoints (
    name       text collate "C"         not null,
    position   bigint                   not null,
    epoch      bigint                   not null,
    updated_at timestamp with time zone not null,
    constraint checkpoints_pkey primary key (name)
);
