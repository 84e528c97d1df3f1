-- The horizon: the position up to which the log is complete.
-- Binds: none. Index: none. Isolation: events are read in a later statement.
select eventsource.horizon()
