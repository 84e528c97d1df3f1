-- Deletes a worker and releases its partitions. A partition whose row is locked by a transaction of the worker itself
-- can be claimed too once that transaction ends, since its owner no longer exists.
-- Binds: $1 worker.
-- Index: none, the tables are small. Isolation: read committed; one autocommit statement.
with ended as (
    delete from eventsource.workers w where w.worker = $1::uuid)
update eventsource.checkpoints c
   set owner = null
  from (select h.generation, h.partition
          from eventsource.checkpoints h
         where h.owner = $1::uuid
           for update skip locked) h
 where c.generation = h.generation and c.partition = h.partition
