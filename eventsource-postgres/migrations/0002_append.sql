-- The one way events get into the log.
--
-- Takes many appends at once. An append is a unit of parts, one part per stream; a unit is written whole or
-- not at all, and one unit's conflict does not concern another. Parts and events are given as arrays:
--   parts   p_unit, p_category, p_stream, p_expected, p_count, p_key
--           p_expected: a version; -1 for any version, -2 for an existing stream
--           p_key:      the idempotency key of the part's unit, or null
--   events  e_id, e_type, e_schema, e_payload, e_metadata, e_correlation, e_causation
--           in the order of the parts, p_count of them for each
-- Answers with one row per part, in order: what became of it, the version and the position of its last event.
--   appended   the events are written
--   repeated   this unit was appended before; the row is its first receipt
--   conflict   the stream is at the version of the row, which is not the expected one
--   used key   the key was used before on this stream, but not on all streams of the unit
--   held back  nothing is wrong with this part, but another part of its unit could not be written
--
-- The parts of a unit stand next to each other. A stream may stand in one part of a call only. When another transaction is faster on the same stream, or
-- writes the same event id or key, the call fails with a unique violation: call again, and it is seen.
--
-- It runs with the rights of its owner, so that a role may append without being able to write the table.
create function eventsource.append(
    p_unit integer[], p_category text[], p_stream text[], p_expected bigint[], p_count integer[], p_key text[],
    e_id uuid[], e_type text[], e_schema integer[], e_payload text[], e_metadata text[],
    e_correlation uuid[], e_causation uuid[])
returns table (part bigint, outcome text, version bigint, "position" bigint)
language plpgsql
volatile
security definer
-- The generic plan is the right one for arrays of any length, and planning costs more than running it.
set plan_cache_mode = force_generic_plan
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_parts      integer := coalesce(cardinality(p_unit), 0);
    v_events     integer := 0;     -- how many, in the parts so far
    v_before     integer[];        -- by part: how many events the parts before it have
    v_fits       boolean[];        -- by part: whether the stream is at the expected version
    v_keyed      boolean[];        -- by part: whether there is a receipt under its key
    v_stored     boolean[];        -- by part: whether it has events, and they are stored
    v_outcome    text[];           -- by part: the answer
    v_version    bigint[];         -- by part: of the stream as it stands, and then as it is left
    v_position   bigint[];
    v_was        bigint[];         -- by part: of its first receipt, where there is one
    v_was_at     bigint[];
    v_drawn      bigint[];         -- by event: its position, if it is written
    v_found      record;
    v_first      integer := 1;     -- the parts of one unit
    v_last       integer;
    v_part       integer;
    v_all_keyed  boolean;
    v_any_keyed  boolean;
    v_all_stored boolean;
    v_any_stored boolean;
    v_all_fit    boolean;
    v_now        timestamp with time zone;
begin
    -- Appends that accept any version have nobody to lose to, so they queue up per stream. In order, because
    -- two of them may share several streams.
    if p_expected && array[-1, -2]::bigint[] then
        perform pg_advisory_xact_lock(1163285333, l.key)
           from (select distinct hashtext(a.category || '/' || a.stream) as key
                   from unnest(p_category, p_stream, p_expected) as a(category, stream, expected)
                  where a.expected < 0
                  order by 1) l;
    end if;

    -- What is there, part by part: small statements cost less than one that does it all.
    for i in 1 .. v_parts loop
        v_before[i] := v_events;
        v_events := v_events + p_count[i];
        select e.version, e.position into v_found
          from eventsource.events e
         where e.category = p_category[i] and e.stream_id = p_stream[i]
         order by e.version desc limit 1;
        v_version[i] := coalesce(v_found.version, 0);
        v_position[i] := coalesce(v_found.position, 0);
        v_fits[i] := case p_expected[i] when -1 then true when -2 then v_version[i] > 0
                     else v_version[i] = p_expected[i] end;
        v_stored[i] := false;
        v_keyed[i] := false;

        -- Where the expected version fits, the events are new: they would have raised it.
        if p_count[i] > 0 and (p_expected[i] < 0 or not v_fits[i]) then
            select e.version, e.position into v_found
              from eventsource.events e
             where e.event_id = e_id[v_events] and e.category = p_category[i] and e.stream_id = p_stream[i];
            -- Found by its last event, an append is looked for whole: of ids of which only some are stored, the
            -- others would be lost.
            if found and not exists (
                select from generate_series(v_before[i] + 1, v_events - 1) as g(n)
                 where not exists (select from eventsource.events e
                                    where e.event_id = e_id[g.n]
                                      and e.category = p_category[i] and e.stream_id = p_stream[i]))
            then
                v_stored[i] := true;
                v_was[i] := v_found.version;
                v_was_at[i] := v_found.position;
            end if;
        end if;

        if p_key[i] is not null then
            select r.version, r.position into v_found
              from eventsource.idempotency_keys r
             where r.category = p_category[i] and r.stream_id = p_stream[i] and r.key = p_key[i];
            if found then
                v_keyed[i] := true;
                v_was[i] := v_found.version;
                v_was_at[i] := v_found.position;
            end if;
        end if;
    end loop;

    -- What becomes of each unit. Its parts stand next to each other.
    while v_first <= v_parts loop
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
            if v_outcome[i] = 'repeated' then
                v_version[i] := coalesce(v_was[i], v_version[i]);
                v_position[i] := coalesce(v_was_at[i], v_position[i]);
            end if;
        end loop;
        v_first := v_last + 1;
    end loop;

    if 'appended' = any (v_outcome) then
        -- The horizon: say below which position nothing of this transaction will appear, and only then, in a
        -- later statement, draw positions. The lock ends with the transaction, after its rows are visible.
        perform pg_advisory_xact_lock_shared(1163285332, (s.last_value & 2147483647)::integer)
           from eventsource.event_position s;
        v_now := clock_timestamp();

        -- Positions are drawn in the order the parts were given, and after the versions are settled above, so
        -- that the order within a stream is the order in the log.
        for i in 1 .. v_parts loop
            continue when v_outcome[i] <> 'appended';
            for n in v_before[i] + 1 .. v_before[i] + p_count[i] loop
                v_drawn[n] := nextval('eventsource.event_position');
            end loop;
        end loop;

        -- Rows are inserted in the order of streams, so that two calls wait for each other's streams in one
        -- direction only.
        for v_part in select o.part
                   from unnest(p_category, p_stream) with ordinality as o(category, stream, part)
                  order by o.category collate "C", o.stream collate "C"
        loop
            continue when v_outcome[v_part] <> 'appended';
            insert into eventsource.events (position, category, stream_id, version, event_id, event_type,
                                            schema_version, payload, metadata, correlation_id, causation_id,
                                            recorded_at)
            select v_drawn[n], p_category[v_part], p_stream[v_part], v_version[v_part] + n - v_before[v_part], e_id[n], e_type[n],
                   e_schema[n], e_payload[n]::json, e_metadata[n]::json, e_correlation[n], e_causation[n], v_now
              from generate_series(v_before[v_part] + 1, v_before[v_part] + p_count[v_part]) as g(n)
             order by n;
            if p_count[v_part] > 0 then
                v_version[v_part] := v_version[v_part] + p_count[v_part];
                v_position[v_part] := v_drawn[v_before[v_part] + p_count[v_part]];
            end if;
            if p_key[v_part] is not null then
                insert into eventsource.idempotency_keys (category, stream_id, key, version, position, used_at)
                values (p_category[v_part], p_stream[v_part], p_key[v_part], v_version[v_part], v_position[v_part], v_now);
            end if;
        end loop;
    end if;

    return query
    select o.part, o.outcome, o.version, o.position
      from unnest(v_outcome, v_version, v_position) with ordinality as o(outcome, version, position, part);
end
$$;

revoke all on function eventsource.append(
    integer[], text[], text[], bigint[], integer[], text[], uuid[], text[], integer[], text[], text[], uuid[], uuid[])
    from public;
