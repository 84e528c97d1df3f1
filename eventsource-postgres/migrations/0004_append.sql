-- Appends events: the only way, besides `import`, by which events get into the log.
--
-- One call takes many appends. An append is a unit of parts, one part per stream. A unit is stored whole or not at all,
-- and the outcome of one unit does not affect another one.
--
-- Parameters, as parallel arrays
--   by part   p_unit, p_category, p_stream, p_expected, p_count, p_key, p_command, p_content. The parts of a unit are
--             consecutive.
--             p_expected: the expected version; -1 for any version, -2 for a stream that exists
--             p_count:    the number of events of the part, which may be 0
--             p_key:      the idempotency key of the unit, or null
--             p_command, p_content: the command and the digest of the content that the key is used for, or null; kept
--                         with the key
--   by event  e_id, e_type, e_schema, e_payload, e_metadata, e_correlation, e_causation, in the order of the parts
--   p_inline  the generations that the caller updates in the same transaction, in ascending order
--
-- Result: one row per part, in order: the outcome, and the version and position of the last event of the part.
--   appended   the events are stored
--   repeated   the unit was appended before; the row is its first receipt, with the command and the content that the
--              key was used for the first time
--   conflict   the stream is at the version in the row, which is not the expected one
--   used key   the key was used before on this stream, but not on every stream of the unit
--   held back  this part could be stored, but another part of its unit could not
--
-- Consecutive units may name the same stream if each of them is a single part. Each is then decided on what the units
-- before it have appended. After a unit that conflicts, whose key had been used, or that was stored before at other
-- versions than it expects, the units behind it that expect a version conflict, whatever the version of the stream is,
-- unless they were stored before: they were decided on other events.
--
-- Errors
--   unique violation   another transaction has written the same version, event id or key first: call again, and the
--                      call sees it. Also if two units of this call share an event id or a key.
--   invalid parameter  the arrays are not of the same lengths, or the counts are not those of the events
--   ES001              p_inline is not exactly the set of inline projections
--   ES002              see the list in `0001_events.sql`. This, like any error that concerns one unit of a call, fails
--                      the whole call; the caller then appends its units one by one.
--   serialization failure, in repeatable read and serializable, if that set has changed since the snapshot
--
-- Isolation: any. Read committed as an autocommit statement is what the store uses; an application may call it within a
--   transaction of its own.
-- Locks, in this order: row exclusive on `appending`; the advisory locks of streams for which any version is accepted;
--   the shared advisory lock for the horizon; the unique keys, in the order of streams. All until the transaction ends.
-- Index: events_stream_version_key once per stream; events_event_id_key and idempotency_keys_pkey in the cases above.
--
-- Invariants
--   Versions of a stream have no gaps: the version is read here, and events_stream_version_key lets one writer have the
--   next one.
--   An append happens once: events_event_id_key, idempotency_keys_pkey, and the lookups below.
--   Positions rise with versions within a stream, and times do not fall, unless the clock is set.
--   The time of an event is taken after its position was drawn; see `moment`.
--   Nothing appears at or below a horizon that was handed out; see `horizon`.
--
-- The number of statements dominates the cost of a call: one reads the versions of all streams, one sets the mark for
-- the horizon, one writes. A part that has a key, accepts any version or expects the wrong one takes more. The common
-- case, one part with an expected version that matches, works without arrays.
-- Evidence: the conformance themes on appends; tests/server/contention.rs, crash.rs, refused.rs, statements.rs (no
--   scans).
create function eventsource.append(
    p_unit integer[], p_category text[], p_stream text[], p_expected bigint[], p_count integer[], p_key text[],
    e_id uuid[], e_type text[], e_schema integer[], e_payload text[], e_metadata text[],
    e_correlation uuid[], e_causation uuid[], p_inline bigint[] default '{}', p_command text[] default '{}',
    p_content uuid[] default '{}')
returns table (part bigint, outcome text, version bigint, "position" bigint, command text, content uuid)
language plpgsql
volatile
security definer
-- Generic plans fit arrays of any length, and planning costs more than execution. A generic plan that was made while
-- the table was empty would be a sequential scan, and stay so until the table is analyzed: hence enable_seqscan = off.
-- That raises the estimated cost of plans that have no index to use, which must not start the JIT compiler.
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set jit = off
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_parts          integer := coalesce(cardinality(p_unit), 0);
    v_found_version  bigint;
    v_found_position bigint;
    v_plain          boolean;       -- whether every part is appended, with no case to decide
    v_counted        boolean;       -- whether the counts of the parts are those of the events
    v_any_key        boolean;
    v_before         integer[];     -- by part: number of events of the parts before it
    v_follows        boolean[];     -- by part: whether it names the stream of the part before it
    v_version        bigint[];      -- by part: version of the stream before the part
    v_position       bigint[];
    v_outcome        text[];        -- by part: the outcome; null if v_plain
    v_drawn          bigint[];      -- by part that is appended: position of its last event
    v_fits           boolean[];     -- by part: whether the stream is at the expected version
    v_keyed          boolean[];     -- by part: whether its key has a receipt on its stream
    v_stored         boolean[];     -- by part: whether it has events and all are stored
    v_first_version  bigint[];      -- by part: version and position of its first receipt
    v_first_position bigint[];
    v_found_command  text;
    v_found_content  uuid;
    v_first_command  text[];        -- by part: command and content that its key was used for first
    v_first_content  uuid[];
    v_next           integer := 0;
    v_chain          integer;       -- first of the consecutive parts on one stream
    v_broken         boolean;       -- whether an earlier part of the chain has not had its expected effect
    v_first          integer := 1;  -- first and last part of one unit
    v_last           integer;
    v_all_keyed      boolean;
    v_any_keyed      boolean;
    v_all_stored     boolean;
    v_any_stored     boolean;
    v_all_fit        boolean;
begin
    -- The lock first, and what it protects in a later statement; see `appending`. Where the whole transaction has one
    -- snapshot, a later statement sees no more than the first: locking the rows then fails with a serialization failure
    -- if they have changed.
    lock table eventsource.appending in row exclusive mode;
    if current_setting('transaction_isolation') not in ('read committed', 'read uncommitted') then
        perform from eventsource.generations g where g.state = 'live' for share;
    end if;
    if p_inline is distinct from
       array(select g.generation from eventsource.generations g where g.inline order by g.generation)
    then
        raise exception 'the append does not update exactly the projections that are inline'
            using errcode = 'ES001',
                  detail = (select coalesce(json_agg(g.name order by g.generation), '[]')
                              from eventsource.generations g where g.inline)::text;
    end if;

    if v_parts = 1 and p_expected[1] >= 0 and p_count[1] > 0 and p_count[1] = cardinality(e_id)
       and p_key[1] is null
    then
        select e.version into v_found_version
          from eventsource.events e
         where e.category = p_category[1] and e.stream_id = p_stream[1]
         order by e.version desc limit 1;
        if coalesce(v_found_version, 0) = p_expected[1] then
            -- Mark for the horizon, as below.
            perform pg_advisory_xact_lock_shared(4996180836614144000 | (s.last_value & 281474976710655))
               from eventsource.event_position s;
            -- The columns are evaluated in their order: the time after the position.
            if p_count[1] = 1 then
                insert into eventsource.events (position, category, stream_id, version, event_id, event_type,
                                                schema_version, payload, metadata, correlation_id, causation_id,
                                                recorded_at)
                values (nextval('eventsource.event_position'), p_category[1], p_stream[1], p_expected[1] + 1,
                        e_id[1], e_type[1], e_schema[1], e_payload[1]::json, e_metadata[1]::json,
                        e_correlation[1], e_causation[1], clock_timestamp())
                returning position into v_found_position;
            else
                with written as (
                    insert into eventsource.events (position, category, stream_id, version, event_id, event_type,
                                                    schema_version, payload, metadata, correlation_id,
                                                    causation_id, recorded_at)
                    select nextval('eventsource.event_position'), p_category[1], p_stream[1], p_expected[1] + n,
                           e_id[n], e_type[n], e_schema[n], e_payload[n]::json, e_metadata[n]::json,
                           e_correlation[n], e_causation[n], clock_timestamp()
                      from generate_series(1, p_count[1]) as g(n)
                    returning position)
                select max(w.position) into v_found_position from written w;
            end if;
            part := 1;
            outcome := 'appended';
            version := p_expected[1] + p_count[1];
            "position" := v_found_position;
            return next;
            return;
        end if;
    end if;

    -- Positions are drawn as the counts say, so the counts are compared with the events that are here, above and below.
    if (cardinality(p_category) = v_parts and cardinality(p_stream) = v_parts and cardinality(p_expected) = v_parts
        and cardinality(p_count) = v_parts and cardinality(p_key) = v_parts
        and cardinality(p_command) in (0, v_parts) and cardinality(p_content) in (0, v_parts)
        and cardinality(e_type) = cardinality(e_id) and cardinality(e_schema) = cardinality(e_id)
        and cardinality(e_payload) = cardinality(e_id) and cardinality(e_metadata) = cardinality(e_id)
        and cardinality(e_correlation) = cardinality(e_id) and cardinality(e_causation) = cardinality(e_id)) is not true
    then
        raise exception 'the arrays of the append are not of the same lengths'
            using errcode = 'invalid_parameter_value';
    end if;

    -- Appends that accept any version cannot conflict, so they queue per stream instead of failing with a unique
    -- violation. Locks are taken in ascending order, since two calls may share several streams.
    if p_expected && array[-1, -2]::bigint[] then
        perform pg_advisory_xact_lock(1163285333, l.key)
           from (select distinct hashtext(a.category || '/' || a.stream) as key
                   from unnest(p_category, p_stream, p_expected) as a(category, stream, expected)
                  where a.expected < 0
                  order by 1) l;
    end if;

    -- The version of each stream, and whether every part finds the version it expects.
    select array_agg(h.before), array_agg(h.follows), array_agg(h.version), array_agg(h.position),
           bool_and(coalesce(h.count >= 0 and h.expected >= -2, false)) and max(h.up_to) = cardinality(e_id),
           bool_and(h.count > 0 and case when h.expected >= 0 then h.version = h.expected
                                         when h.follows then false
                                         else h.expected = -1 or h.version > 0 end)
      into v_before, v_follows, v_version, v_position, v_counted, v_plain
      from (select a.expected, a.count, a.up_to, (a.up_to - a.count)::integer as before, a.follows,
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
    if v_parts > 0 and v_counted is not true then
        raise exception 'the counts of the append are not those of its events'
            using errcode = 'invalid_parameter_value';
    end if;

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
    -- Where an expected version matches, the events cannot be stored already: they would have raised the version. Other
    -- parts are looked up by their last event.
    if v_plain and p_expected && array[-1, -2]::bigint[] then
        select coalesce(bool_and((select e.version
                                    from eventsource.events e
                                   where e.event_id = e_id[p.before + p.count]
                                   limit 1) is null), true)
          into v_plain
          from unnest(p_expected, p_count, v_before) as p(expected, count, before)
         where p.expected < 0;
    end if;

    -- The outcome of each unit, unless every part is appended.
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
                    raise exception 'the outcome of part % depends on earlier parts of the call', i
                        using errcode = 'ES002', hint = 'Append one unit at a time.';
                end if;
            end if;
            v_fits[i] := case p_expected[i] when -1 then true when -2 then v_version[i] > 0
                         else v_version[i] = p_expected[i] and not v_broken end;

            v_stored[i] := false;
            if p_count[i] > 0 and (p_expected[i] < 0 or not v_fits[i]) then
                select e.version, e.position into v_found_version, v_found_position
                  from eventsource.events e
                 where e.event_id = e_id[v_before[i] + p_count[i]]
                   and e.category = p_category[i] and e.stream_id = p_stream[i];
                -- All ids must be stored: a part of which only some are stored is not a repetition, and treating it as
                -- one would lose the others.
                if found and not exists (
                    select from generate_series(v_before[i] + 1, v_before[i] + p_count[i] - 1) as g(n)
                     where not exists (select from eventsource.events e
                                        where e.event_id = e_id[g.n]
                                          and e.category = p_category[i] and e.stream_id = p_stream[i]))
                then
                    v_stored[i] := true;
                    v_first_version[i] := v_found_version;
                    v_first_position[i] := v_found_position;
                end if;
            end if;

            v_keyed[i] := false;
            -- Assigned for each part: an array that begins with a later part would be read as if it began with the first.
            v_first_command[i] := null;
            v_first_content[i] := null;
            if p_key[i] is not null then
                select r.version, r.position, r.command, r.content
                  into v_found_version, v_found_position, v_found_command, v_found_content
                  from eventsource.idempotency_keys r
                 where r.category = p_category[i] and r.stream_id = p_stream[i] and r.key = p_key[i];
                if found then
                    v_keyed[i] := true;
                    v_first_version[i] := v_found_version;
                    v_first_position[i] := v_found_position;
                    v_first_command[i] := v_found_command;
                    v_first_content[i] := v_found_content;
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
            -- Events that were stored under the key may be other ones, even if their number is the same.
            v_broken := v_outcome[v_last] = 'repeated'
                        and (v_keyed[v_last]
                             or coalesce(v_first_version[v_last], v_version[v_last]) - p_count[v_last]
                                <> p_expected[v_last]);
        end if;
        v_first := v_last + 1;
    end loop;

    if v_plain or 'appended' = any (v_outcome) then
        -- Mark for the horizon: this transaction will write nothing at or below the current last_value. Positions are
        -- drawn in a later statement only. The lock is released at the end of the transaction, after its rows have
        -- become visible.
        perform pg_advisory_xact_lock_shared(4996180836614144000 | (s.last_value & 281474976710655))
           from eventsource.event_position s;

        -- Positions are drawn in the order of the parts, and after the versions have been read, so that positions rise
        -- with versions. Rows are inserted in the order of streams, so that two calls to the same streams do not
        -- deadlock. The time of each is taken as it is inserted: after its position was drawn, see `moment`, and later
        -- than those of the versions before it.
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
                   e_payload[d.n]::json, e_metadata[d.n]::json, e_correlation[d.n], e_causation[d.n],
                   clock_timestamp()
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
                v_version[i] := coalesce(v_first_version[i], v_version[i]);
                v_position[i] := coalesce(v_first_position[i], v_position[i]);
            end if;
        end loop;
    end if;

    if v_any_key and (v_plain or 'appended' = any (v_outcome)) then
        insert into eventsource.idempotency_keys (category, stream_id, key, version, position, command, content,
                                                  used_at)
        select p.category, p.stream, p.key, p.version + p.count, p.position, p.command, p.content,
               clock_timestamp()
          from unnest(p_category, p_stream, p_key, v_version, p_count, v_position, v_outcome, p_command, p_content)
               as p(category, stream, key, version, count, position, outcome, command, content)
         where p.key is not null and (v_plain or p.outcome = 'appended')
         order by p.category collate "C", p.stream collate "C", p.key collate "C";
    end if;

    return query
    select p.part, coalesce(p.outcome, 'appended'),
           case when v_plain or p.outcome = 'appended' then p.version + p.count else p.version end, p.position,
           p.command, p.content
      from unnest(v_outcome, v_version, p_count, v_position, v_first_command, v_first_content) with ordinality
           as p(outcome, version, count, position, command, content, part)
     where p.part <= v_parts;
end
$$;

revoke all on function eventsource.append(
    integer[], text[], text[], bigint[], integer[], text[], uuid[], text[], integer[], text[], text[], uuid[], uuid[],
    bigint[], text[], uuid[])
    from public;
