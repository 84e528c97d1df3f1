-- Says that a worker lives.
-- Binds: 1 worker, 2 application, 3 what it serves, 4 until when, 5 now, 6 the length of its lease.
-- Index: the primary key. Isolation: while writing.
insert into eventsource_workers (worker, application, serves, lives_until, joined_at, lease)
values (?1, ?2, ?3, ?4, ?5, ?6)
    on conflict (worker) do update
   set application = excluded.application, serves = excluded.serves, lives_until = excluded.lives_until,
       lease = excluded.lease
