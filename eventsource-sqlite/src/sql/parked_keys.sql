-- The keys of a partition that have a parked event which was not discarded.
-- Binds: 1 generation, 2 partition. Index: eventsource_parked_events_waiting. Isolation: any; one statement.
select distinct key
  from eventsource_parked_events indexed by eventsource_parked_events_waiting
 where generation = ?1 and partition = ?2 and discarded is null
