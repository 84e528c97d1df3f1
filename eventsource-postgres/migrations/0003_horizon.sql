-- The position up to which the log is settled: nothing at or below it can still appear.
--
-- Why it holds: every writer, before it draws a position, reads the sequence and takes a shared lock that
-- carries what it read, so everything it draws is above. Here the sequence is read first, and the locks in a
-- later statement. A writer whose lock is not seen has either ended, and then a snapshot taken after this
-- call has its rows; or it will take its lock later, and then it draws above what was read here.
--
-- The lock carries the low 31 bits. They are read as the nearest number to the sequence, on either side: a
-- writer that came after the first statement carries a number above it and holds nothing back.
--
-- Events are to be read in a later statement than this call. A prepared transaction holds its lock too.
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
    return least(v_high, v_low);
end
$$;

revoke all on function eventsource.horizon() from public;
