-- Appends as before, at a fraction of the cost, and appends that follow each other on one stream in one call.
--
-- All that 0002 and 0006 say of the two functions which this one replaces holds, and beyond that:
--   - Units that follow each other may name the same stream, if each is a single part and these parts stand next
--     to each other. Each sees what the ones before it leave. Once one of them does not leave the version that it
--     should have left, or its key had been used, those behind it that expect a version are in conflict, whatever
--     the stream's version is, unless they were stored before: they were decided on other events.
--   - What would take a look at what this call itself is about to write, which is an event id or a key that such
--     units share, fails: with ES002, or with a unique violation. So does whatever concerns one unit only, but
--     fails a statement. Who calls with several units then calls with one at a time.
--
-- Statements cost more here than what they do, so there are few: one reads where all streams stand, one publishes
-- the low-water mark, one writes. Only a part that has a key, does not expect a version, or the wrong one, takes
-- more. An append of one part, of which most calls are, goes without arrays.
create or replace function eventsource.append(
    p_unit integer[], p_category text[], p_stream text[], p_expected bigint[], p_count integer[], p_key text[],
    e_id uuid[], e_type text[], e_schema integer[], e_payload text[], e_metadata text[],
    e_correlation uuid[], e_causation uuid[], p_inline bigint[] default '{}')
returns table (part bigint, outcome text, version bigint, "position" bigint)
language plpgsql
volatile
security definer
-- The generic plan is the right one for arrays of any length, and planning costs more than running it. One that was
-- made while the table was empty would read it from end to end, and stay until the table is analyzed. What has no
-- index then counts as dear, and is not to be compiled for that.
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set jit = off
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_parts      integer := coalesce(cardinality(p_unit), 0);
    v_head       bigint;
    v_at         bigint;
    v_plain      boolean;          -- whether all parts are written, and none needs a further look
    v_any_key    boolean;
    v_before     integer[];        -- by part: how many events the parts before it have
    v_follows    boolean[];        -- by part: whether it is to the stream of the part before it
    v_version    bigint[];         -- by part: of the stream as the part finds it
    v_position   bigint[];
    v_outcome    text[];           -- by part: the answer; null if all are written
    v_drawn      bigint[];         -- the positions of the last events of the parts that are written
    v_fits       boolean[];        -- by part: whether the stream is at the expected version
    v_keyed      boolean[];        -- by part: whether there is a receipt under its key
    v_stored     boolean[];        -- by part: whether it has events, and they are stored
    v_was        bigint[];         -- by part: of its first receipt, where there is one
    v_was_at     bigint[];
    v_next       integer := 0;
    v_chain      integer;          -- the first of the parts that follow each other on one stream
    v_broken     boolean;          -- whether the stream is not as those behind believe
    v_first      integer := 1;     -- the parts of one unit
    v_last       integer;
    v_all_keyed  boolean;
    v_any_keyed  boolean;
    v_all_stored boolean;
    v_any_stored boolean;
    v_all_fit    boolean;
    v_now        timestamp with time zone;
begin
    -- See 0006: the lock first, and what it protects in a later statement.
    lock table eventsource.appending in row exclusive mode;
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

    if v_parts = 1 and p_expected[1] >= 0 and p_count[1] > 0 and p_key[1] is null then
        select e.version into v_head
          from eventsource.events e
         where e.category = p_category[1] and e.stream_id = p_stream[1]
         order by e.version desc limit 1;
        if coalesce(v_head, 0) = p_expected[1] then
            -- The horizon, as below.
            perform pg_advisory_xact_lock_shared(1163285332, (s.last_value & 2147483647)::integer)
               from eventsource.event_position s;
            if p_count[1] = 1 then
                insert into eventsource.events (position, category, stream_id, version, event_id, event_type,
                                                schema_version, payload, metadata, correlation_id, causation_id,
                                                recorded_at)
                values (nextval('eventsource.event_position'), p_category[1], p_stream[1], p_expected[1] + 1,
                        e_id[1], e_type[1], e_schema[1], e_payload[1]::json, e_metadata[1]::json,
                        e_correlation[1], e_causation[1], clock_timestamp())
                returning position into v_at;
            else
                with written as (
                    insert into eventsource.events (position, category, stream_id, version, event_id, event_type,
                                                    schema_version, payload, metadata, correlation_id,
                                                    causation_id, recorded_at)
                    select nextval('eventsource.event_position'), p_category[1], p_stream[1], p_expected[1] + n,
                           e_id[n], e_type[n], e_schema[n], e_payload[n]::json, e_metadata[n]::json,
                           e_correlation[n], e_causation[n], now.at
                      from (select clock_timestamp() as at) now, generate_series(1, p_count[1]) as g(n)
                    returning position)
                select max(w.position) into v_at from written w;
            end if;
            part := 1;
            outcome := 'appended';
            version := p_expected[1] + p_count[1];
            "position" := v_at;
            return next;
            return;
        end if;
    end if;

    -- Appends that accept any version have nobody to lose to, so they queue up per stream. In order, because
    -- two of them may share several streams.
    if p_expected && array[-1, -2]::bigint[] then
        perform pg_advisory_xact_lock(1163285333, l.key)
           from (select distinct hashtext(a.category || '/' || a.stream) as key
                   from unnest(p_category, p_stream, p_expected) as a(category, stream, expected)
                  where a.expected < 0
                  order by 1) l;
    end if;

    -- Where the streams stand, if all is as expected.
    select array_agg(h.before), array_agg(h.follows), array_agg(h.version), array_agg(h.position),
           bool_and(h.count > 0 and case when h.expected >= 0 then h.version = h.expected
                                         when h.follows then false
                                         else h.expected = -1 or h.version > 0 end)
      into v_before, v_follows, v_version, v_position, v_plain
      from (select a.expected, a.count, (a.up_to - a.count)::integer as before, a.follows,
                   case when a.follows then a.left_by else coalesce(e.version, 0) end as version,
                   coalesce(e.position, 0) as position
              from (select p.part, p.category, p.stream, p.expected, p.count,
                           sum(p.count) over parts as up_to,
                           coalesce((lag(p.category) over parts, lag(p.stream) over parts)
                                  = (p.category, p.stream), false) as follows,
                           lag(least(p.expected, 9223372036854775807 - p.count) + p.count) over parts as left_by
                      from unnest(p_category, p_stream, p_expected, p_count) with ordinality
                           as p(category, stream, expected, count, part)
                    window parts as (order by p.part rows unbounded preceding)) a
              left join lateral (
                   select e.version, e.position
                     from eventsource.events e
                    where e.category = a.category and e.stream_id = a.stream and not a.follows
                    order by e.version desc limit 1) e on true
             order by a.part) h;

    v_any_key := cardinality(array_remove(p_key, null)) > 0;
    if v_plain and v_any_key then
        select coalesce(bool_and((select r.version
                                    from eventsource.idempotency_keys r
                                   where r.category = p.category and r.stream_id = p.stream and r.key = p.key
                                   limit 1) is null), true)
          into v_plain
          from unnest(p_category, p_stream, p_key) as p(category, stream, key)
         where p.key is not null;
    end if;
    -- Where a version was expected and fits, the events are new: they would have raised it.
    if v_plain and p_expected && array[-1, -2]::bigint[] then
        select coalesce(bool_and((select e.version
                                    from eventsource.events e
                                   where e.event_id = e_id[p.before + p.count]
                                   limit 1) is null), true)
          into v_plain
          from unnest(p_expected, p_count, v_before) as p(expected, count, before)
         where p.expected < 0;
    end if;

    -- What becomes of each unit, if it is not all the same. Its parts stand next to each other.
    while not v_plain and v_first <= v_parts loop
        v_last := v_first;
        while v_last < v_parts and p_unit[v_last + 1] = p_unit[v_first] loop
            v_last := v_last + 1;
        end loop;
        v_all_keyed := true;
        v_any_keyed := false;
        v_all_stored := true;
        v_any_stored := false;
        v_all_fit := true;
        for i in v_first .. v_last loop
            if not v_follows[i] then
                v_chain := i;
                v_broken := false;
            else
                v_version[i] := v_version[i - 1];
                v_position[i] := v_position[i - 1];
                if v_outcome[i - 1] = 'appended' then
                    v_version[i] := v_version[i] + p_count[i - 1];
                end if;
                if v_first < v_last
                   or p_count[i] = 0
                   or p_key[i] = any (p_key[v_chain : i - 1])
                   or e_id[v_before[i] + p_count[i]] = any (e_id[v_before[v_chain] + 1 : v_before[i]])
                then
                    raise exception 'what becomes of part % depends on parts before it', i
                        using errcode = 'ES002', hint = 'Append one unit at a time.';
                end if;
            end if;
            v_fits[i] := case p_expected[i] when -1 then true when -2 then v_version[i] > 0
                         else v_version[i] = p_expected[i] and not v_broken end;

            v_stored[i] := false;
            if p_count[i] > 0 and (p_expected[i] < 0 or not v_fits[i]) then
                select e.version, e.position into v_head, v_at
                  from eventsource.events e
                 where e.event_id = e_id[v_before[i] + p_count[i]]
                   and e.category = p_category[i] and e.stream_id = p_stream[i];
                -- Found by its last event, an append is looked for whole: of ids of which only some are stored,
                -- the others would be lost.
                if found and not exists (
                    select from generate_series(v_before[i] + 1, v_before[i] + p_count[i] - 1) as g(n)
                     where not exists (select from eventsource.events e
                                        where e.event_id = e_id[g.n]
                                          and e.category = p_category[i] and e.stream_id = p_stream[i]))
                then
                    v_stored[i] := true;
                    v_was[i] := v_head;
                    v_was_at[i] := v_at;
                end if;
            end if;

            v_keyed[i] := false;
            if p_key[i] is not null then
                select r.version, r.position into v_head, v_at
                  from eventsource.idempotency_keys r
                 where r.category = p_category[i] and r.stream_id = p_stream[i] and r.key = p_key[i];
                if found then
                    v_keyed[i] := true;
                    v_was[i] := v_head;
                    v_was_at[i] := v_at;
                end if;
            end if;

            v_all_keyed := v_all_keyed and v_keyed[i];
            v_any_keyed := v_any_keyed or v_keyed[i];
            v_all_stored := v_all_stored and (v_stored[i] or p_count[i] = 0);
            v_any_stored := v_any_stored or v_stored[i];
            v_all_fit := v_all_fit and v_fits[i];
        end loop;
        for i in v_first .. v_last loop
            v_outcome[i] := case when v_all_keyed then 'repeated'
                                 when v_keyed[i] then 'used key'
                                 when v_any_keyed then 'held back'
                                 when v_all_stored and v_any_stored then 'repeated'
                                 when v_all_fit then 'appended'
                                 when v_fits[i] then 'held back'
                                 else 'conflict' end;
        end loop;
        if v_outcome[v_last] not in ('appended', 'repeated') then
            v_broken := true;
        elsif p_expected[v_last] >= 0 then
            -- What was stored under a key may be other events, even if as many of them.
            v_broken := v_outcome[v_last] = 'repeated'
                        and (v_keyed[v_last]
                             or coalesce(v_was[v_last], v_version[v_last]) - p_count[v_last]
                                <> p_expected[v_last]);
        end if;
        v_first := v_last + 1;
    end loop;

    if v_plain or 'appended' = any (v_outcome) then
        -- The horizon: say below which position nothing of this transaction will appear, and only then, in a
        -- later statement, draw positions. The lock ends with the transaction, after its rows are visible.
        perform pg_advisory_xact_lock_shared(1163285332, (s.last_value & 2147483647)::integer)
           from eventsource.event_position s;
        v_now := clock_timestamp();

        -- Positions are drawn in the order the parts were given, and after the versions are settled above, so
        -- that the order within a stream is the order in the log. Rows are inserted in the order of streams, so
        -- that two calls wait for each other's streams in one direction only.
        with drawn as materialized (
            select p.part, p.category, p.stream, p.version + g.n as version, p.before + g.n as n,
                   g.n = p.count as is_last, nextval('eventsource.event_position') as position
              from unnest(p_category, p_stream, v_version, p_count, v_before, v_outcome) with ordinality
                   as p(category, stream, version, count, before, outcome, part),
                   generate_series(1, p.count) as g(n)
             where v_plain or p.outcome = 'appended'),
        written as (
            insert into eventsource.events (position, category, stream_id, version, event_id, event_type,
                                            schema_version, payload, metadata, correlation_id, causation_id,
                                            recorded_at)
            select d.position, d.category, d.stream, d.version, e_id[d.n], e_type[d.n], e_schema[d.n],
                   e_payload[d.n]::json, e_metadata[d.n]::json, e_correlation[d.n], e_causation[d.n], v_now
              from (select * from drawn
                     order by drawn.category collate "C", drawn.stream collate "C", drawn.version) d)
        select array_agg(d.position order by d.part) into v_drawn from drawn d where d.is_last;
    end if;

    if v_plain then
        v_position := v_drawn;
    else
        for i in 1 .. v_parts loop
            if v_outcome[i] = 'appended' and p_count[i] > 0 then
                v_next := v_next + 1;
                v_position[i] := v_drawn[v_next];
            elsif v_outcome[i] = 'repeated' then
                v_version[i] := coalesce(v_was[i], v_version[i]);
                v_position[i] := coalesce(v_was_at[i], v_position[i]);
            end if;
        end loop;
    end if;

    if v_any_key and (v_plain or 'appended' = any (v_outcome)) then
        insert into eventsource.idempotency_keys (category, stream_id, key, version, position, used_at)
        select p.category, p.stream, p.key, p.version + p.count, p.position, v_now
          from unnest(p_category, p_stream, p_key, v_version, p_count, v_position, v_outcome)
               as p(category, stream, key, version, count, position, outcome)
         where p.key is not null and (v_plain or p.outcome = 'appended')
         order by p.category collate "C", p.stream collate "C", p.key collate "C";
    end if;

    return query
    select p.part, coalesce(p.outcome, 'appended'),
           case when v_plain or p.outcome = 'appended' then p.version + p.count else p.version end, p.position
      from unnest(v_outcome, v_version, p_count, v_position) with ordinality
           as p(outcome, version, count, position, part)
     where p.part <= v_parts;
end
$$;

drop function if exists eventsource.append_unchecked(
    integer[], text[], text[], bigint[], integer[], text[], uuid[], text[], integer[], text[], text[], uuid[], uuid[]);
