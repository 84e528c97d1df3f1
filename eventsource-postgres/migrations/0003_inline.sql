-- Inline projections: the lock that orders appends and changes of the set of inline projections.
--
-- Purpose: when a projection is promoted (stops following the log and becomes inline) or demoted, no event may be
--   missed or applied twice.
-- Protocol: `append` and `import` take a row exclusive lock on the empty table `appending`, which they hold until the
--   end of their transaction, and read which projections are inline in a later statement. A promotion, a demotion or a
--   swap of an inline projection calls `hold_appends` first, which takes a share lock: it waits for the appends under
--   way, and blocks new ones.
-- Invariant: each append either has ended before the change, and the change reads its events from the log; or it starts
--   after the change has committed, and sees it.
-- Cost: row exclusive locks do not conflict with each other, and are taken on PostgreSQL's fast path.
-- Evidence: tests/server/projections/inline.rs, and the promotions under load in the workspace's tests.
create table eventsource.appending ();

-- Waits for the appends under way, and blocks new ones until the end of the transaction.
--
-- After it returns, and until the transaction ends, the horizon is the end of the log.
-- Isolation: read committed, within a transaction.
-- Locks: share on `appending`. Every appender waits meanwhile, so the call gives up after 500 ms, with
--   lock_not_available, if appends under way do not end; the caller retries later.
-- Evidence: tests/server/projections/inline.rs.
create function eventsource.hold_appends()
returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '500ms'
as $$
declare
    v_until timestamp with time zone := clock_timestamp() + interval '500 milliseconds';
begin
    lock table eventsource.appending in share mode;
    -- A transaction that ends releases its table lock first, and its mark for the horizon a moment later. In between,
    -- the horizon would be short of the end of the log.
    while exists (select from pg_locks l
                   where l.locktype = 'advisory' and l.objsubid = 1 and l.classid::bigint >> 16 = 17750
                     and l.mode = 'ShareLock'
                     and l.database = (select d.oid from pg_database d where d.datname = current_database()))
    loop
        if clock_timestamp() > v_until then
            raise exception 'the appends under way do not end' using errcode = 'lock_not_available';
        end if;
        perform pg_sleep(0.001);
    end loop;
end
$$;

revoke all on function eventsource.hold_appends() from public;
