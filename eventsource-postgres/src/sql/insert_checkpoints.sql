-- Creates the checkpoints of a generation, all at the same position. The first counts the events that were applied.
-- Binds: $1 generation, $2 number of partitions, $3 position, $4 epoch, $5 number of events.
-- Index: none. Isolation: read committed, after the former ones were deleted.
insert into eventsource.checkpoints (generation, partition, position, epoch, events, updated_at)
select $1::bigint, p.number, $3::bigint, $4::bigint, case when p.number = 0 then $5::bigint else 0 end,
       pg_catalog.clock_timestamp()
  from pg_catalog.generate_series(0, $2::integer - 1) as p(number)
