-- The owner of a partition with its last heartbeat.
-- Binds: 1 generation, 2 partition. Index: the primary keys. Isolation: any; one statement.
select w.worker, w.beats, w.lease, w.beat_at
  from eventsource_checkpoints c
  join eventsource_workers w on w.worker = c.owner
 where c.generation = ?1 and c.partition = ?2
