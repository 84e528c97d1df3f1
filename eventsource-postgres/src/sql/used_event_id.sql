-- One of the given event ids that is already stored.
-- Binds: $1 event ids.
-- Index: events_event_id_key. Isolation: any; one autocommit statement.
select event_id
  from eventsource.events
 where event_id = any ($1::uuid[])
 limit 1
