-- The snapshot of a stream.
-- Binds: 1 category, 2 stream id.
-- Index: the primary key of eventsource_snapshots. Isolation: any.
select version, form_version, fingerprint, state
from eventsource_snapshots
where category = ?1 and stream_id = ?2
