-- Stores events; the row of values is repeated for each.
-- Binds: for each, position, category, stream id, version, event id, type, schema version, payload, metadata,
-- correlation id, causation id, time in microseconds.
-- Index: none. Isolation: within the transaction that appends, which is rolled back if this fails: with `or fail`,
-- SQLite keeps no journal for the statement alone.
insert or fail into eventsource_events
    (position, category, stream_id, version, event_id, event_type, schema_version, payload, metadata,
     correlation_id, causation_id, recorded_at)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
