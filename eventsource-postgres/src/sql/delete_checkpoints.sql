-- Deletes the checkpoints of a generation, which then gets others.
-- Binds: $1 generation. Index: checkpoints_pkey. Isolation: read committed, with the checkpoints locked.
delete from eventsource.checkpoints where generation = $1::bigint
