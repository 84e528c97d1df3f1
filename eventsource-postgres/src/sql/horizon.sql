-- The position up to which the log is settled.
-- Binds: none. Index: none. Isolation: events are read in a later statement.
select eventsource.horizon()
