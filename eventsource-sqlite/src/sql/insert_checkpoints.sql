-- Creates the checkpoints of a generation, all at the same position.
-- Binds: 1 generation, 2 number of partitions, 3 position, or null for the end of the log, 4 now.
-- Index: none. Isolation: while writing.
with recursive p (number) as (select 0 union all select number + 1 from p where number + 1 < ?2)
insert into eventsource_checkpoints (generation, partition, position, epoch, events, updated_at)
select ?1, p.number, coalesce(?3, (select max(e.position) from eventsource_events e), 0), 0, 0, ?4
  from p
