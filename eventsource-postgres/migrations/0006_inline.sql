-- Read models that commit with the events: an append is refused unless it keeps all of them.
--
-- Why there is no gap where a read model ceases to follow the log and commits with the events instead: every
-- append holds a weak lock on an empty table until its transaction ends, and reads which read models commit
-- with the events in a statement after it has the lock. Who changes that takes a strong lock first, which waits
-- for the appends under way and holds back new ones, so each append is either seen in the log, or sees the
-- change. A weak lock on a table costs next to nothing: those who take it do not meet.
create table eventsource.appending ();

-- What was `append` checks and writes; nothing calls it but the function below.
alter function eventsource.append(
    integer[], text[], text[], bigint[], integer[], text[], uuid[], text[], integer[], text[], text[], uuid[], uuid[])
    rename to append_unchecked;

-- As `append_unchecked`, for those who keep the generations p_inline, in order, within this transaction. Fails
-- with ES001, and the names of the read models as its detail, if these are not exactly those that commit with
-- the events.
create function eventsource.append(
    p_unit integer[], p_category text[], p_stream text[], p_expected bigint[], p_count integer[], p_key text[],
    e_id uuid[], e_type text[], e_schema integer[], e_payload text[], e_metadata text[],
    e_correlation uuid[], e_causation uuid[], p_inline bigint[] default '{}')
returns table (part bigint, outcome text, version bigint, "position" bigint)
language plpgsql
volatile
security definer
set plan_cache_mode = force_generic_plan
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    lock table eventsource.appending in row exclusive mode;
    -- Later statements do not see more than the first where a transaction has one snapshot for its length. Who
    -- came too late to see a change then fails here, with a serialization failure.
    if current_setting('transaction_isolation') not in ('read committed', 'read uncommitted') then
        perform from eventsource.generations g where g.state = 'live' for share;
    end if;
    if p_inline is distinct from
       array(select g.generation from eventsource.generations g where g.inline order by g.generation)
    then
        raise exception 'the append does not keep the read models that commit with the events'
            using errcode = 'ES001',
                  detail = (select coalesce(json_agg(g.name order by g.generation), '[]')
                              from eventsource.generations g where g.inline)::text;
    end if;
    return query
    select a.part, a.outcome, a.version, a.position
      from eventsource.append_unchecked(p_unit, p_category, p_stream, p_expected, p_count, p_key, e_id, e_type,
               e_schema, e_payload, e_metadata, e_correlation, e_causation) a;
end
$$;

revoke all on function eventsource.append(
    integer[], text[], text[], bigint[], integer[], text[], uuid[], text[], integer[], text[], text[], uuid[], uuid[],
    bigint[])
    from public;

-- Whoever could append can go on doing so, but not around the check.
do $$
declare
    v_was     regprocedure := 'eventsource.append_unchecked(integer[], text[], text[], bigint[], integer[], text[], uuid[], text[], integer[], text[], text[], uuid[], uuid[])';
    v_is      regprocedure := 'eventsource.append(integer[], text[], text[], bigint[], integer[], text[], uuid[], text[], integer[], text[], text[], uuid[], uuid[], bigint[])';
    v_grantee text;
begin
    for v_grantee in
        select case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end
          from pg_proc p, aclexplode(p.proacl) a
         where p.oid = v_was and a.grantee <> p.proowner
    loop
        execute format('revoke all on function %s from %s', v_was, v_grantee);
        execute format('grant execute on function %s to %s', v_is, v_grantee);
    end loop;
end
$$;

-- Waits until the appends under way have ended, and keeps new ones waiting until the transaction ends: meanwhile
-- the horizon is the end of the log. Everyone who appends waits, so it gives up soon.
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
    -- A transaction that ends gives up this lock first, and a moment later the one that holds the horizon back. In
    -- between the horizon is not the end of the log, for which those who call this take it.
    while exists (select from pg_locks l
                   where l.locktype = 'advisory' and l.classid = 1163285332 and l.objsubid = 2
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
