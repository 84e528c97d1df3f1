-- The horizon: the position up to which the log is complete (also called the safe position or high-water mark).
--
-- Purpose: positions are drawn before commit, so they become visible out of order. A reader that follows the log reads
--   up to the horizon only: no event can appear at or below it later.
--
-- Protocol: every writer reads last_value of the sequence, takes a shared advisory lock that carries that value (its
--   mark), and draws positions in a later statement: all of them are above its mark. This function reads last_value
--   first, and the marks in a later statement. A writer whose mark it does not see either has ended, and then a
--   snapshot taken after this call has its rows; or it takes its mark later, and then draws positions above the
--   last_value that was read here.
--
-- Result: the position of the last event that is at or below both last_value and all marks; 0 if there is none. Not
--   last_value itself: values beyond the last event, if any were drawn, belong to transactions that were rolled back. A
--   server crash may lose that and hand out these values again; a reader that had advanced to them would skip the new
--   events.
-- Isolation: read committed. Events must be read in a later statement than this call.
-- Locks: none. It reads pg_locks. A prepared transaction holds its mark too, until it is committed or rolled back.
-- Marks: shared advisory locks of one key of 64 bits, of which pg_locks shows the upper half as classid and the lower
--   half as objid. The key is a tag of 16 bits, 0x4556, and the low 48 bits of last_value. They are decoded as the
--   number nearest to the last_value read here, on either side: a writer that came after the first statement has a mark
--   above it, and holds nothing back. A mark would be misread after 2^47 positions were drawn while it was held.
--   An application that takes advisory locks of one key must not use keys that begin with the tag.
-- Errors: read_only_sql_transaction on a standby.
-- Index: events_pkey, backward.
-- Evidence: tests/server/horizon.rs, which includes a stress test, the edges of the marks, and crashes.
create function eventsource.horizon()
returns bigint
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_high bigint;
    v_low  bigint;
    v_last bigint;
begin
    -- A standby has the rows of its primary, but not its advisory locks.
    if pg_is_in_recovery() then
        raise exception 'the horizon cannot be computed on a standby'
            using errcode = 'read_only_sql_transaction', hint = 'Connect to the primary.';
    end if;
    select s.last_value into v_high from eventsource.event_position s;
    v_low := eventsource.lowest_mark(v_high);
    -- Backward from the lowest mark, so that rows of transactions under way are not scanned.
    select e.position into v_last
      from eventsource.events e
     where e.position <= least(v_high, v_low)
     order by e.position desc limit 1;
    return coalesce(v_last, 0);
end
$$;

revoke all on function eventsource.horizon() from public;

-- The lowest mark, which is decoded as the number nearest to p_near; null if there is none. A step of `horizon` and
-- `settled`, which call it after they have read last_value.
--
-- Isolation: any. Locks: none. It reads pg_locks.
create function eventsource.lowest_mark(p_near bigint)
returns bigint
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select min(p_near + (((l.classid::bigint & 65535) * 4294967296 + l.objid::bigint - p_near + 140737488355328)
                             & 281474976710655) - 140737488355328)
          from pg_locks l
         where l.locktype = 'advisory' and l.objsubid = 1 and l.classid::bigint >> 16 = 17750 and l.mode = 'ShareLock'
           and l.database = (select d.oid from pg_database d where d.datname = current_database()));
end
$$;

revoke all on function eventsource.lowest_mark(bigint) from public;

-- The time, and the end of the log at that time.
--
-- Result: the time; and a position at or below which every event is that was recorded before it, whether its transaction
--   has ended or not: `append` and `import` take the time of an event after they have drawn its position, and this function
--   reads last_value after it has read the time. Events that are imported with times of their own are no part of that.
-- Isolation: any; last_value is not part of a snapshot. Locks: none.
-- Errors: read_only_sql_transaction on a standby, which may lag behind its primary.
-- Evidence: the conformance theme on moments; tests/server/moments.rs.
create function eventsource.moment(out "time" timestamp with time zone, out "end" bigint)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if pg_is_in_recovery() then
        raise exception 'the end of the log cannot be read on a standby'
            using errcode = 'read_only_sql_transaction', hint = 'Connect to the primary.';
    end if;
    "time" := clock_timestamp();
    select s.last_value into "end" from eventsource.event_position s;
end
$$;

revoke all on function eventsource.moment() from public;

-- The position of the last event at or below an end of the log that `moment` has returned.
--
-- Result: 0 if there is none; null if a transaction under way holds a mark below that end, and may still write an event at
--   or below it. A later one does not: its mark is at that end or above, see `horizon`. After a server crash last_value may
--   be below that end; what was drawn above it is lost, and what is drawn again is recorded after the crash.
-- Isolation: read committed. Locks: none.
-- Errors: as `horizon`.
-- Index: events_pkey, backward.
-- Evidence: the conformance theme on moments; tests/server/moments.rs.
create function eventsource.settled(p_end bigint)
returns bigint
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_high bigint;
    v_last bigint;
begin
    if pg_is_in_recovery() then
        raise exception 'the end of the log cannot be read on a standby'
            using errcode = 'read_only_sql_transaction', hint = 'Connect to the primary.';
    end if;
    select least(s.last_value, p_end) into v_high from eventsource.event_position s;
    if eventsource.lowest_mark(v_high) < v_high then
        return null;
    end if;
    select e.position into v_last
      from eventsource.events e
     where e.position <= v_high
     order by e.position desc limit 1;
    return coalesce(v_last, 0);
end
$$;

revoke all on function eventsource.settled(bigint) from public;

-- The transactions that hold the horizon back, oldest first.
--
-- Result: process id (null for a prepared transaction), application name, state, start of the transaction, and its age
--   in microseconds. The start of a prepared transaction is when it was prepared. Of a session of another role, a role
--   sees the state and the start only if it is a member of that role or of pg_read_all_stats; the state then says so.
-- Isolation: any. Locks: none. It runs with the rights of the caller, who sees its own sessions; those of the owner
--   would hide them, unless the owner is a superuser.
-- Evidence: tests/server/horizon.rs, roles.rs.
create function eventsource.horizon_holders()
returns table (pid integer, application text, state text, since timestamp with time zone, age_us bigint)
language sql
volatile
set search_path = pg_catalog, pg_temp
as $$
    select distinct on (h.since, h.pid, h.application)
           h.pid, h.application, h.state, h.since,
           greatest(0, extract(epoch from clock_timestamp() - h.since) * 1000000)::bigint
      from (select l.pid, coalesce(a.application_name, '') as application,
                   case when l.pid is null then concat_ws(' ', 'prepared transaction', quote_literal(x.gid))
                        when a.state is null
                        then concat('session of the role ', quote_ident(a.usename),
                                    '; its state can be seen by members of this role and of pg_read_all_stats')
                        else concat_ws(', ', a.state, a.wait_event_type || ' ' || a.wait_event) end as state,
                   coalesce(a.xact_start, x.prepared) as since
              from pg_locks l
              left join pg_stat_activity a on a.pid = l.pid
              -- A prepared transaction is identified by the lock on its own transaction id.
              left join pg_locks t on l.pid is null and t.pid is null and t.virtualtransaction = l.virtualtransaction
                                  and t.locktype = 'transactionid' and t.mode = 'ExclusiveLock'
              left join pg_prepared_xacts x on x.transaction = t.transactionid
             where l.locktype = 'advisory' and l.objsubid = 1 and l.classid::bigint >> 16 = 17750
               and l.mode = 'ShareLock'
               and l.database = (select d.oid from pg_database d where d.datname = current_database())) h
     order by h.since, h.pid, h.application
$$;

revoke all on function eventsource.horizon_holders() from public;
