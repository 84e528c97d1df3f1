-- The transactions that hold the horizon back; see the function.
-- Binds: none. Index: none. Isolation: any; one autocommit statement.
select h.pid, h.application, h.state, h.since, h.age_us
  from eventsource.horizon_holders() h
