-- The keys of a partition that have a parked event which was not discarded.
-- Binds: $1 generation, $2 partition.
-- Index: any of those by generation; all its keys are read. Isolation: any; one autocommit statement.
select distinct p.key
  from eventsource.parked_events p
 where p.generation = $1::bigint and p.partition = $2::integer and p.discarded is null
