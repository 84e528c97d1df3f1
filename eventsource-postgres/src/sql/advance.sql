-- Moves the checkpoint of a lease; returns how many were moved: none if the lease is lost.
-- Binds: $1 generation, $2 partition, $3 epoch, $4 position, $5 number of events.
-- Index: checkpoints_pkey. Isolation: read committed, with the row locked.
with moved as (
    update eventsource.checkpoints c
       set position = $4::bigint, events = c.events + $5::bigint, last_error = null,
           updated_at = pg_catalog.clock_timestamp()
     where c.generation = $1::bigint and c.partition = $2::integer and c.epoch = $3::bigint
    returning 1)
select (select pg_catalog.count(*) from moved), null::text
