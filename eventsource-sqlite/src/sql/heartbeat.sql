-- Records a heartbeat.
-- Binds: 1 worker, 2 application, 3 the projections that it supports, 4 when its lease expires, 5 now, 6 length of its lease.
-- Index: the primary key. Isolation: while writing.
insert into eventsource_workers (worker, application, supports, expires_at, joined_at, lease)
values (?1, ?2, ?3, ?4, ?5, ?6)
    on conflict (worker) do update
   set application = excluded.application, supports = excluded.supports, expires_at = excluded.expires_at,
       lease = excluded.lease
