-- The horizon, which is the position of the last event: there is one writer at a time.
-- Binds: none. Index: the rowid of eventsource_events. Isolation: before the statement that reads the events.
select coalesce(max(position), 0) from eventsource_events
