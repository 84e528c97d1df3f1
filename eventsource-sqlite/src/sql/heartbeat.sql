-- Records a heartbeat.
-- Binds: 1 worker, 2 application, 3 the projections that it supports, 4 length of its lease, 5 now.
-- Index: the primary key. Isolation: while writing.
insert into eventsource_workers (worker, application, supports, beats, lease, beat_at, joined_at)
values (?1, ?2, ?3, 1, ?4, ?5, ?5)
    on conflict (worker) do update
   set application = excluded.application, supports = excluded.supports, beats = beats + 1, lease = excluded.lease,
       beat_at = excluded.beat_at
