-- Moves the parked events of keys to partitions.
-- Binds: $1 generation; an entry per key: $2 keys, $3 partitions.
-- Index: parked_events_key_key. Isolation: read committed, with the checkpoints locked.
update eventsource.parked_events p
   set partition = m.partition
  from unnest($2::text[], $3::integer[]) as m(key, partition)
 where p.generation = $1::bigint and p.key = m.key
