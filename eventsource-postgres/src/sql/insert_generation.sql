-- Creates a generation, with a checkpoint for each partition.
-- Binds: $1 name, $2 version, $3 kind, $4 state, $5 home, or null for the schema in which tables are created,
--        $6 whether it swaps when ready, $7 whether the old one is kept, $8 number of partitions,
--        $9 position, or null for the end of the log, $10 the event types as JSON.
-- Index: none. Isolation: read committed, after the lock of the name.
with made as (
    insert into eventsource.generations (name, version, kind, state, home, inline, swap_when_ready, keep_old, created_at,
                                         event_types)
    select $1::text, $2::bigint, $3::text, $4::text, coalesce($5::text, pg_catalog.current_schema()), false,
           $6::boolean, $7::boolean, pg_catalog.clock_timestamp(), $10::text::json
    returning generation),
placed as (
    insert into eventsource.checkpoints (generation, partition, position, epoch, events, updated_at)
    select m.generation, p.number, coalesce($9::bigint, h.position), 0, 0, pg_catalog.clock_timestamp()
      from made m,
           -- Read once: partitions that started at different positions would disagree about which events are new.
           (select case when $9::bigint is null then eventsource.horizon() end as position offset 0) h,
           pg_catalog.generate_series(0, $8::integer - 1) as p(number))
select generation from made
