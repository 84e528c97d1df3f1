-- Deletes workers whose lease expired long ago.
-- Binds: 1 the time before which it expired. Index: none, the table is small. Isolation: while writing.
delete from eventsource_workers where expires_at < ?1
