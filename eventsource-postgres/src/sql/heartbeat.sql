-- Records a heartbeat, deletes workers whose lease expired an hour ago, and returns the workers that are alive.
-- Binds: $1 worker, $2 application, $3 what it supports, $4 length of the lease in microseconds.
-- Index: none, the tables are small. Isolation: any; one autocommit statement.
with beating as (
    insert into eventsource.workers as w (worker, application, supports, expires_at, joined_at)
    values ($1::uuid, $2::text, $3::text::json,
            pg_catalog.clock_timestamp() + pg_catalog.make_interval(secs => $4::bigint operator(pg_catalog./) 1000000.0),
            pg_catalog.clock_timestamp())
        on conflict (worker) do update
       set application = excluded.application, supports = excluded.supports, expires_at = excluded.expires_at),
forgotten as (
    delete from eventsource.workers w
     using (select d.worker
              from eventsource.workers d
             where d.expires_at < pg_catalog.clock_timestamp() - interval '1 hour' and d.worker <> $1::uuid
               for update skip locked) d
     where w.worker = d.worker)
select $1::uuid, $2::text, $3::text
 union all
select o.worker, o.application, o.supports
  from (select w.worker, w.application, w.supports::text as supports
          from eventsource.workers w
         where w.expires_at > pg_catalog.clock_timestamp() and w.worker <> $1::uuid
         order by w.worker) o
