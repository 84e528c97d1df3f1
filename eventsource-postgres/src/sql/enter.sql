-- Begins a worker's transaction on a partition; see the function.
-- Binds: $1 generation, $2 partition, $3 epoch.
-- Index: none. Isolation: read committed, within a transaction.
select e.position, e.building
  from eventsource.enter($1::bigint, $2::integer, $3::bigint) e
