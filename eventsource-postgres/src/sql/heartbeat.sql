-- Says that a worker lives, forgets those that have been dead for an hour, and tells who lives.
-- Binds: $1 worker, $2 application, $3 what it serves, $4 length of the lease in microseconds.
-- Index: none, the tables are small. Isolation: any; one autocommit statement.
with beating as (
    insert into eventsource.workers as w (worker, application, serves, lives_until, joined_at)
    values ($1::uuid, $2::text, $3::text::json,
            pg_catalog.clock_timestamp() + pg_catalog.make_interval(secs => $4::bigint / 1000000.0),
            pg_catalog.clock_timestamp())
        on conflict (worker) do update
       set application = excluded.application, serves = excluded.serves, lives_until = excluded.lives_until),
forgotten as (
    delete from eventsource.workers w
     using (select d.worker
              from eventsource.workers d
             where d.lives_until < pg_catalog.clock_timestamp() - interval '1 hour' and d.worker <> $1::uuid
               for update skip locked) d
     where w.worker = d.worker)
select $1::uuid, $2::text, $3::text
 union all
select o.worker, o.application, o.serves
  from (select w.worker, w.application, w.serves::text as serves
          from eventsource.workers w
         where w.lives_until > pg_catalog.clock_timestamp() and w.worker <> $1::uuid
         order by w.worker) o
