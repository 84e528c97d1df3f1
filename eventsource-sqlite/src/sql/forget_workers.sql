-- Forgets workers that have been dead for long.
-- Binds: 1 since when. Index: none, the table is small. Isolation: while writing.
delete from eventsource_workers where lives_until < ?1
