-- Events by their ids.
-- Binds: $1 event ids.
-- Index: events_event_id_key. Isolation: any; within the transaction that appended them.
select position, category, stream_id, version, event_id, event_type, schema_version,
       payload, metadata, correlation_id, causation_id, recorded_at
  from eventsource.events
 where event_id = any ($1::uuid[])
 -- An expression without an index: while there are few events, a scan of events_pkey with a filter would seem as cheap.
 order by position + 0
