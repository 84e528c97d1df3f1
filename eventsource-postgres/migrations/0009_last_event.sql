-- The horizon goes no further than the last event; all else is as before, see `0003_horizon.sql`.
--
-- Numbers beyond the last event were drawn by transactions that were rolled back, if by any. A crash of the
-- server may take that back, and the next events get these numbers. Who had read that far, and kept its place in
-- memory, would pass over them.
create or replace function eventsource.horizon()
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
    -- A standby has the rows of its primary, but not its locks.
    if pg_is_in_recovery() then
        raise exception 'a standby cannot tell how far the log is settled'
            using errcode = 'read_only_sql_transaction', hint = 'Connect to the primary.';
    end if;
    select s.last_value into v_high from eventsource.event_position s;
    select min(v_high + ((l.objid::bigint - v_high + 1073741824) & 2147483647) - 1073741824)
      into v_low
      from pg_locks l
     where l.locktype = 'advisory' and l.classid = 1163285332 and l.objsubid = 2
       and l.database = (select d.oid from pg_database d where d.datname = current_database());
    -- From below those under way, of which there may be many that this would have to pass over.
    select e.position into v_last
      from eventsource.events e
     where e.position <= least(v_high, v_low)
     order by e.position desc limit 1;
    return coalesce(v_last, 0);
end
$$;
