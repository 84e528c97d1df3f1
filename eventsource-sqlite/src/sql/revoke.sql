-- Revokes all leases of a generation.
-- Binds: 1 generation.
-- Index: the primary key. Isolation: while writing.
update eventsource_checkpoints set epoch = epoch + 1, owner = null where generation = ?1
