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
--   held back  the part could be written, but another part of its unit could not
--   used key   the key was used before on this stream, but not on all streams of the unit
--
-- A stream may stand in one part of a call only. When another transaction is faster on the same stream, or
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
    v_outcome  text[];
    v_version  bigint[];
    v_position bigint[];
    v_now      timestamp with time zone;
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

    -- What is there. The index on event ids is asked only where the version alone does not tell that the
    -- append is new.
    -- The limits keep each look a look into an index. Without them it is a join, and a plan that was made while
    -- the tables were empty, and is kept, hashes a table that has become long.
    select array_agg(c.outcome order by c.part), array_agg(c.version order by c.part),
           array_agg(c.position order by c.part)
      into v_outcome, v_version, v_position
      from (
        select f.part,
               case when f.by_key     then 'repeated'
                    when f.key_used   then 'used key'
                    when f.by_id      then 'repeated'
                    when f.all_fit    then 'appended'
                    when f.fits       then 'held back'
                    else 'conflict'
               end as outcome,
               case when f.by_key then f.k_version when f.by_id then coalesce(f.i_version, f.h_version)
                    else f.h_version end as version,
               case when f.by_key then f.k_position when f.by_id then coalesce(f.i_position, f.h_position)
                    else f.h_position end as position
          from (
            select a.part,
                   coalesce(h.version, 0) as h_version, coalesce(h.position, 0) as h_position,
                   k.version as k_version, k.position as k_position,
                   i.version as i_version, i.position as i_position,
                   x.fits,
                   bool_and(x.fits) over u as all_fit,
                   bool_and(k.version is not null) over u as by_key,
                   bool_or(k.version is not null) over u as key_used,
                   bool_or(i.version is not null) over u
                     and bool_and(a.events = 0 or i.version is not null) over u as by_id
              from (
                select p.*, sum(p.events) over (order by p.part) as last_event
                  from unnest(p_unit, p_category, p_stream, p_expected, p_count, p_key)
                       with ordinality as p(unit, category, stream, expected, events, key, part)
              ) a
              left join lateral (
                select e.version, e.position from eventsource.events e
                 where e.category = a.category and e.stream_id = a.stream
                 order by e.version desc limit 1
              ) h on true
              left join lateral (
                select r.version, r.position from eventsource.idempotency_keys r
                 where a.key is not null
                   and r.category = a.category and r.stream_id = a.stream and r.key = a.key
                 limit 1
              ) k on true
              left join lateral (
                select e.version, e.position from eventsource.events e
                 where a.events > 0 and (a.expected < 0 or a.expected <> coalesce(h.version, 0))
                   and e.event_id = e_id[a.last_event]
                   and e.category = a.category and e.stream_id = a.stream
                 limit 1
              ) i on true
              cross join lateral (
                select case a.expected when -1 then true when -2 then h.version is not null
                       else a.expected = coalesce(h.version, 0) end as fits
              ) x
            window u as (partition by a.unit)
          ) f
      ) c;

    if 'appended' = any (v_outcome) then
        -- The horizon: say below which position nothing of this transaction will appear, and only then, in a
        -- later statement, draw positions. The lock ends with the transaction, after its rows are visible.
        perform pg_advisory_xact_lock_shared(1163285332, (s.last_value & 2147483647)::integer)
           from eventsource.event_position s;
        v_now := clock_timestamp();

        -- Positions are drawn in the order the parts were given, and after the versions are settled above, so
        -- that the order within a stream is the order in the log. Rows are inserted in the order of streams,
        -- so that two calls wait for each other's streams in one direction only.
        with parts as (
            select p.*, sum(p.events) over (order by p.part) - p.events as before
              from unnest(p_category, p_stream, p_count, v_outcome, v_version)
                   with ordinality as p(category, stream, events, outcome, head, part)
        ), drawn as materialized (
            select nextval('eventsource.event_position') as position, o.*
              from (
                select p.part, p.category, p.stream, p.head + g.n as version, p.before + g.n as event
                  from parts p, lateral generate_series(1, p.events) as g(n)
                 where p.outcome = 'appended'
                 order by p.part, g.n
              ) o
        ), written as (
            insert into eventsource.events (position, category, stream_id, version, event_id, event_type,
                                            schema_version, payload, metadata, correlation_id, causation_id,
                                            recorded_at)
            select d.position, d.category, d.stream, d.version, e_id[d.event], e_type[d.event],
                   e_schema[d.event], e_payload[d.event]::json, e_metadata[d.event]::json,
                   e_correlation[d.event], e_causation[d.event], v_now
              from drawn d
             order by d.category, d.stream, d.version
        ), last as (
            select d.part, max(d.version) as version, max(d.position) as position from drawn d group by d.part
        )
        select array_agg(coalesce(l.version, v_version[o.part]) order by o.part),
               array_agg(coalesce(l.position, v_position[o.part]) order by o.part)
          into v_version, v_position
          from unnest(v_outcome) with ordinality as o(outcome, part)
          left join last l on l.part = o.part;

        if num_nonnulls(variadic p_key) > 0 then
            insert into eventsource.idempotency_keys (category, stream_id, key, version, position, used_at)
            select a.category, a.stream, a.key, a.version, a.position, v_now
              from unnest(p_category, p_stream, p_key, v_outcome, v_version, v_position)
                   as a(category, stream, key, outcome, version, position)
             where a.key is not null and a.outcome = 'appended'
             order by a.category, a.stream, a.key;
        end if;
    end if;

    return query
    select o.part, o.outcome, o.version, o.position
      from unnest(v_outcome, v_version, v_position) with ordinality as o(outcome, version, position, part);
end
$$;

revoke all on function eventsource.append(
    integer[], text[], text[], bigint[], integer[], text[], uuid[], text[], integer[], text[], text[], uuid[], uuid[])
    from public;
