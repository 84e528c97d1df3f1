-- The snapshot of a stream, and whether the stream has the event that it was made at.
-- Binds: 1 category, 2 stream id.
-- Index: the primary key of eventsource_snapshots, eventsource_events_event_id. Isolation: any.
select s.version, s.form_version, s.fingerprint, s.state, s.event_id,
       exists (select 1 from eventsource_events e
               where e.category = s.category and e.stream_id = s.stream_id and e.version = s.version
                 and e.event_id = s.event_id)
from eventsource_snapshots s
where s.category = ?1 and s.stream_id = ?2
