-- Events of a history that was written elsewhere, with their own ids, versions and times.
--
-- Takes a chunk of events as arrays, in the order they shall have in the log:
--   streams  s_category, s_stream: each stream once, in the order of their first events
--            s_first: the number of its first event
--            s_head:  a version it is known to have had, or -1. It is not looked at then: a stream only grows, and
--                     where it has grown since, the call fails with a unique violation
--   events   e_of:      the number of its stream
--            e_nth:     the how manieth of its stream it is, from 1
--            e_version: the version it must have, or 0 for none
--            e_category, e_stream, e_id, e_type, e_schema, e_payload, e_metadata, e_correlation, e_causation
--            e_time:    when it was recorded first, or null
-- p_search: look at each stream, and for each event by its id. Otherwise only for those that are first in streams
-- that were looked at, and an id that is stored already fails with a unique violation.
--
-- Either stores what is not stored already, and answers with one row: 'imported', how many events were stored and
-- skipped, how many of all have version 1, their highest position, and what versions the streams had before. Or
-- stores nothing, and answers with 'search' where it has to be called again with p_search; or with the number of the
-- first event that cannot be stored, and why:
--   gap       its stream is only at this version
--   conflict  its stream has another event at its version, and is at this one
--   used id   another event has its id, of this version, category and stream
--   late      it is stored already, at this version, but one before it in its stream is not
--
-- When another transaction is faster on the same stream, or writes the same event id, the call fails with a unique
-- violation: call again, and it is seen. Fails with ES001, and the names of the read models as its detail, if any
-- commit with the events.
--
-- It runs with the rights of its owner, so that a role may import without being able to write the table.
create or replace function eventsource.import(
    s_category text[], s_stream text[], s_first integer[], s_head bigint[],
    e_part integer[], e_nth integer[], e_version bigint[], e_category text[], e_stream text[], e_id uuid[],
    e_type text[], e_schema integer[], e_payload json[], e_metadata json[], e_correlation uuid[],
    e_causation uuid[], e_time timestamp with time zone[], p_search boolean)
returns table (outcome text, stored bigint, skipped bigint, begun bigint, "position" bigint,
               heads bigint[], number bigint, version bigint, category text, stream text)
language plpgsql
volatile
security definer
-- As for an append; see `0010_append_together.sql`.
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set jit = off
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_head     bigint[];              -- by stream: its version
    v_fits     boolean;               -- whether no event can be stored already, and the versions are right
    v_stored   bigint[];              -- by event: the version at which it is stored already, or 0
    v_same     boolean[];             -- by event: whether the event that has its id is this one
    v_version  bigint[];              -- by event: the version at which it will be stored, or 0
    v_position bigint[];              -- by event: the position at which it will be stored, or 0
    v_new      bigint;                -- how many will be stored
    v_begun    bigint;                -- how many have version 1
    v_last     bigint := 0;           -- the highest position
    v_fault    record;
    v_now      timestamp with time zone;
begin
    lock table eventsource.appending in row exclusive mode;
    -- As for an append; see `0006_inline.sql`.
    if current_setting('transaction_isolation') not in ('read committed', 'read uncommitted') then
        perform from eventsource.generations g where g.state = 'live' for share;
    end if;
    if exists (select from eventsource.generations g where g.inline) then
        raise exception 'the import does not keep the read models that commit with the events'
            using errcode = 'ES001',
                  detail = (select json_agg(g.name order by g.generation)
                              from eventsource.generations g where g.inline)::text;
    end if;

    -- Where the first event of each stream is new, all are: had one of them been stored, so had the first.
    if not p_search then
        select array_agg(h.version order by h.n),
               coalesce(bool_and(case when e_version[h.first] <> 0 then e_version[h.first] = h.version + 1
                                      when h.version = 0 or h.known then true
                                      else not exists (select from eventsource.events e
                                                        where e.event_id = e_id[h.first]) end), true)
          into v_head, v_fits
          from (select s.n, s.first, s.head >= 0 as known,
                       case when s.head >= 0 then s.head
                            else coalesce((select e.version
                                             from eventsource.events e
                                            where e.category = s.category and e.stream_id = s.stream
                                            order by e.version desc limit 1), 0) end as version
                  from unnest(s_category, s_stream, s_first, s_head)
                       with ordinality as s(category, stream, first, head, n)) h;
        if v_fits then
            select array_agg(v_head[c.part] + c.nth order by c.n),
                   coalesce(bool_and(c.version = 0 or c.version = v_head[c.part] + c.nth), true),
                   count(*), count(*) filter (where v_head[c.part] + c.nth = 1)
              into v_version, v_fits, v_new, v_begun
              from unnest(e_part, e_nth, e_version) with ordinality as c(part, nth, version, n);
        end if;
        if not v_fits then
            return query
            select 'search', null::bigint, null::bigint, null::bigint, null::bigint, null::bigint[], null::bigint,
                   null::bigint, null::text, null::text;
            return;
        end if;
    else
        -- Event by event. The versions of the streams and the events are looked up in one statement, of one
        -- snapshot: between two, another import of the same events may commit some of them, and they would seem to
        -- stand beyond the end of their streams.
        select (select array_agg(coalesce((select e.version
                                             from eventsource.events e
                                            where e.category = s.category and e.stream_id = s.stream
                                            order by e.version desc limit 1), 0) order by s.n)
                  from unnest(s_category, s_stream) with ordinality as s(category, stream, n)),
               array_agg(coalesce(f.version, 0) order by c.n), array_agg(coalesce(f.same, false) order by c.n),
               coalesce(max(f.position), 0)
          into v_head, v_stored, v_same, v_last
          from unnest(e_category, e_stream, e_version, e_id, e_type, e_schema)
               with ordinality as c(category, stream, version, id, type, schema, n)
          left join lateral (
               select e.version, e.position,
                      e.category = c.category and e.stream_id = c.stream and c.version in (0, e.version)
                      and e.event_type = c.type and e.schema_version = c.schema as same
                 from eventsource.events e
                where e.event_id = c.id) f on true;
        select c.n, c.version, c.stored, c.same, c.after into v_fault
          from (select c.*, v_head[c.part] as head,
                       v_head[c.part] + count(*) filter (where c.stored = 0) over (partition by c.part order by c.n)
                       as after
                  from unnest(e_part, e_version, v_stored, v_same)
                       with ordinality as c(part, version, stored, same, n)) c
         where case when c.stored > 0 then not c.same or c.after > c.head
                    else c.version not in (0, c.after) end
         order by c.n limit 1;
        if found then
            return query
            select case when v_fault.stored > 0 then case when v_fault.same then 'late' else 'used id' end
                        when v_fault.version > v_fault.after then 'gap' else 'conflict' end,
                   null::bigint, null::bigint, null::bigint, null::bigint, null::bigint[], v_fault.n,
                   case when v_fault.stored > 0 then v_fault.stored else v_fault.after - 1 end,
                   e.category, e.stream_id
              from (select) x left join eventsource.events e on e.event_id = e_id[v_fault.n];
            return;
        end if;
        select array_agg(case when c.stored > 0 then 0 else c.after end order by c.n),
               count(*) filter (where c.stored = 0),
               count(*) filter (where case when c.stored > 0 then c.stored else c.after end = 1)
          into v_version, v_new, v_begun
          from (select c.*, v_head[c.part] + count(*) filter (where c.stored = 0)
                                                 over (partition by c.part order by c.n) as after
                  from unnest(e_part, v_stored) with ordinality as c(part, stored, n)) c;
    end if;

    if v_new > 0 then
        -- The horizon, as for an append: see `0002_append.sql`. From here on it waits for this transaction, which
        -- has only to write what it holds.
        perform pg_advisory_xact_lock_shared(1163285332, (s.last_value & 2147483647)::integer)
           from eventsource.event_position s;
        v_now := clock_timestamp();
        v_position := array(select case when c.version > 0 then nextval('eventsource.event_position') else 0 end
                              from unnest(v_version) with ordinality as c(version, n) order by c.n);
        insert into eventsource.events (position, category, stream_id, version, event_id, event_type,
                                        schema_version, payload, metadata, correlation_id, causation_id,
                                        recorded_at)
        -- Taken apart in the select list, row by row: in `from`, all of it would be written down first.
        select c.position, c.category, c.stream, c.version, c.id, c.type, c.schema, c.payload, c.metadata,
               c.correlation, c.causation, coalesce(c.time, v_now)
          from (select unnest(v_position) as position, unnest(e_category) as category, unnest(e_stream) as stream,
                       unnest(v_version) as version, unnest(e_id) as id, unnest(e_type) as type,
                       unnest(e_schema) as schema, unnest(e_payload) as payload, unnest(e_metadata) as metadata,
                       unnest(e_correlation) as correlation, unnest(e_causation) as causation,
                       unnest(e_time) as time) c
         where c.position > 0;
        select greatest(v_last, max(c.position)) into v_last from unnest(v_position) as c(position);
    end if;
    return query
    select 'imported', v_new, coalesce(cardinality(e_part), 0) - v_new, v_begun, v_last, v_head, null::bigint,
           null::bigint, null::text, null::text;
end
$$;

revoke all on function eventsource.import(
    text[], text[], integer[], bigint[], integer[], integer[], bigint[], text[], text[], uuid[], text[], integer[], json[],
    json[], uuid[], uuid[], timestamp with time zone[], boolean)
    from public;

-- Whoever can append can import.
do $$
declare
    v_grantee text;
begin
    for v_grantee in
        select distinct case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end
          from pg_proc p, aclexplode(p.proacl) a
         where p.pronamespace = 'eventsource'::regnamespace and p.proname = 'append' and a.grantee <> p.proowner
    loop
        execute format('grant execute on function eventsource.import to %s', v_grantee);
    end loop;
end
$$;

-- Lets a role append, import, read, and work read models; see `0008_projection_grants.sql`. To be called by the owner
-- of the schema.
create or replace function eventsource.grant_to(p_role text)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
    -- Two grants on the same object at the same time fail with "tuple concurrently updated".
    perform pg_advisory_xact_lock(1163285334, 0);
    execute format('grant usage on schema eventsource to %I', p_role);
    execute format('grant select on eventsource.events, eventsource.idempotency_keys, '
                   'eventsource._migrations to %I', p_role);
    execute format('grant select, insert, update on eventsource.snapshots, eventsource.generations to %I', p_role);
    execute format('grant select, insert, update, delete on eventsource.checkpoints, eventsource.workers, '
                   'eventsource.parked_events to %I', p_role);
    execute format('grant execute on function eventsource.append(integer[], text[], text[], bigint[], integer[], '
                   'text[], uuid[], text[], integer[], text[], text[], uuid[], uuid[], bigint[]), '
                   'eventsource.import(text[], text[], integer[], bigint[], integer[], integer[], bigint[], text[], '
                   'text[], uuid[], text[], integer[], json[], json[], uuid[], uuid[], timestamp with time zone[], '
                   'boolean), '
                   'eventsource.horizon(), eventsource.hold_appends(), eventsource.horizon_holders(), '
                   'eventsource.enter(bigint, integer, bigint), eventsource.exchange(bigint, boolean), '
                   'eventsource.move_relation(oid, text) to %I', p_role);
end
$$;
