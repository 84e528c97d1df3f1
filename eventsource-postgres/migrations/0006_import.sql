-- Imports events of a history that was recorded elsewhere, with their own ids, versions and times.
--
-- Parameters, as parallel arrays with an entry per event, in the order that the events shall have in the log
--   e_category, e_stream, e_id, e_type, e_schema, e_payload, e_metadata, e_correlation, e_causation
--   e_version  the version that it must get, or 0 for the next one
--   e_time     when it was first recorded, or null for now
--   p_search   whether to look up every event by its id. Otherwise only the first event of each stream is looked up.
-- The versions of streams, and the places of events within them, are found here: a caller cannot be wrong about them.
--
-- Result: one row. The call either stores every event that is not stored already:
--   imported   stored and skipped: numbers of events; streams: how many streams start in the chunk, stored or skipped;
--              position: the highest of all
-- or it stores nothing:
--   search     call again with p_search
--   gap        event `number` is ahead of its stream, which is at `version`
--   conflict   its stream has another event at its version, and is at `version`
--   used id    another event has its id, at `version` of `category` and `stream`
--   late       it is stored at `version`, but an event before it in its stream is not stored
--
-- Errors
--   unique violation   another transaction has written the same version or event id first: call again with p_search
--   invalid parameter  the arrays are not of the same lengths
--   ES001              a projection is inline: an import updates none
--   serialization failure, as in `append`
--
-- Isolation: read committed; one autocommit statement.
-- Locks: row exclusive on `appending`, the shared advisory lock for the horizon, and the unique keys.
-- Index: events_stream_version_key, events_event_id_key.
-- Invariants: an event is stored once, and in the order given, whatever was interrupted: an event that is stored
--   already at the same place is skipped, and the others keep their order. Versions, positions and the horizon as in
--   `append`.
-- Evidence: the conformance themes on imports; tests/server/import.rs with the interrupted imports, refused.rs.
create function eventsource.import(
    e_category text[], e_stream text[], e_version bigint[], e_id uuid[], e_type text[], e_schema integer[],
    e_payload json[], e_metadata json[], e_correlation uuid[], e_causation uuid[],
    e_time timestamp with time zone[], p_search boolean)
returns table (outcome text, stored bigint, skipped bigint, streams bigint, "position" bigint,
               number bigint, version bigint, category text, stream text)
language plpgsql
volatile
security definer
-- As in `append`.
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set jit = off
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_fits     boolean;      -- whether no event can be stored already and all versions match
    v_head     bigint[];     -- by event: the version of its stream before the import
    v_after    bigint[];     -- by event: the version of its stream after it
    v_stored   bigint[];     -- by event: the version at which its id is stored already, or 0
    v_same     boolean[];    -- by event: whether the stored event with its id is this event
    v_version  bigint[];     -- by event: the version at which it will be stored, or 0
    v_position bigint[];     -- by event: the position at which it will be stored, or 0
    v_new      bigint;       -- number of events to store
    v_started  bigint;       -- number of streams that start in the chunk
    v_last     bigint := 0;  -- highest position
    v_refused  record;
    v_now      timestamp with time zone;
begin
    if (cardinality(e_category) = cardinality(e_id) and cardinality(e_stream) = cardinality(e_id)
        and cardinality(e_version) = cardinality(e_id) and cardinality(e_type) = cardinality(e_id)
        and cardinality(e_schema) = cardinality(e_id) and cardinality(e_payload) = cardinality(e_id)
        and cardinality(e_metadata) = cardinality(e_id) and cardinality(e_correlation) = cardinality(e_id)
        and cardinality(e_causation) = cardinality(e_id) and cardinality(e_time) = cardinality(e_id)) is not true
    then
        raise exception 'the arrays of the import are not of the same lengths'
            using errcode = 'invalid_parameter_value';
    end if;

    lock table eventsource.appending in row exclusive mode;
    -- As in `append`.
    if current_setting('transaction_isolation') not in ('read committed', 'read uncommitted') then
        perform from eventsource.generations g where g.state = 'live' for share;
    end if;
    if exists (select from eventsource.generations g where g.inline) then
        raise exception 'an import does not update inline projections'
            using errcode = 'ES001',
                  detail = (select json_agg(g.name order by g.generation)
                              from eventsource.generations g where g.inline)::text;
    end if;

    -- The version of a stream is read at its first event of the chunk, once: without `offset 0` it would be read again
    -- for each event.
    if not p_search then
        -- If the first event of each stream is new, all events are: events of a stream are stored in order, so a stored
        -- one implies that the first is stored.
        select array_agg(c.after order by c.n),
               coalesce(bool_and(c.version in (0, c.after) and (c.version > 0 or c.ordinal > 1 or c.after = 1
                                                                or not exists (select from eventsource.events e
                                                                                where e.event_id = c.id))), true),
               count(*), count(*) filter (where c.after = 1)
          into v_version, v_fits, v_new, v_started
          from (select c.n, c.version, c.id, c.ordinal, c.ordinal + first_value(c.head) over events as after
                  from (select c.n, c.category, c.stream, c.version, c.id, c.ordinal,
                               case when c.ordinal = 1
                                    then coalesce((select e.version
                                                     from eventsource.events e
                                                    where e.category = c.category and e.stream_id = c.stream
                                                    order by e.version desc limit 1), 0) end as head
                          from (select c.*, row_number() over events as ordinal
                                  from unnest(e_category, e_stream, e_version, e_id)
                                       with ordinality as c(category, stream, version, id, n)
                                window events as (partition by c.category collate "C", c.stream collate "C"
                                                  order by c.n)) c
                         offset 0) c
                window events as (partition by c.category collate "C", c.stream collate "C" order by c.n)) c;
        if not v_fits then
            return query
            select 'search', null::bigint, null::bigint, null::bigint, null::bigint, null::bigint, null::bigint,
                   null::text, null::text;
            return;
        end if;
    else
        -- Event by event. Stream versions and events are read in one statement, and so in one snapshot: between two
        -- statements another import of the same events may commit some, which would then seem to be beyond the end of
        -- their streams.
        select array_agg(c.stored order by c.n), array_agg(c.same order by c.n), array_agg(c.head order by c.n),
               array_agg(c.head + c.new order by c.n), coalesce(max(c.position), 0)
          into v_stored, v_same, v_head, v_after, v_last
          from (select c.n, c.stored, c.same, c.position, first_value(c.head) over events as head,
                       count(*) filter (where c.stored = 0) over events as new
                  from (select c.n, c.category, c.stream, coalesce(f.version, 0) as stored,
                               coalesce(f.same, false) as same, f.position,
                               case when c.ordinal = 1
                                    then coalesce((select e.version
                                                     from eventsource.events e
                                                    where e.category = c.category and e.stream_id = c.stream
                                                    order by e.version desc limit 1), 0) end as head
                          from (select c.*, row_number() over events as ordinal
                                  from unnest(e_category, e_stream, e_version, e_id, e_type, e_schema)
                                       with ordinality as c(category, stream, version, id, type, schema, n)
                                window events as (partition by c.category collate "C", c.stream collate "C"
                                                  order by c.n)) c
                          left join lateral (
                               select e.version, e.position,
                                      e.category = c.category and e.stream_id = c.stream
                                      and c.version in (0, e.version)
                                      and e.event_type = c.type and e.schema_version = c.schema as same
                                 from eventsource.events e
                                where e.event_id = c.id) f on true
                         offset 0) c
                window events as (partition by c.category collate "C", c.stream collate "C" order by c.n)) c;
        select c.n, c.version, c.stored, c.same, c.after into v_refused
          from unnest(e_version, v_stored, v_same, v_head, v_after)
               with ordinality as c(version, stored, same, head, after, n)
         where case when c.stored > 0 then not c.same or c.after > c.head
                    else c.version not in (0, c.after) end
         order by c.n limit 1;
        if found then
            return query
            select case when v_refused.stored > 0 then case when v_refused.same then 'late' else 'used id' end
                        when v_refused.version > v_refused.after then 'gap' else 'conflict' end,
                   null::bigint, null::bigint, null::bigint, null::bigint, v_refused.n,
                   case when v_refused.stored > 0 then v_refused.stored else v_refused.after - 1 end,
                   e.category, e.stream_id
              from (select) x left join eventsource.events e on e.event_id = e_id[v_refused.n];
            return;
        end if;
        select array_agg(case when c.stored > 0 then 0 else c.after end order by c.n),
               count(*) filter (where c.stored = 0),
               count(*) filter (where case when c.stored > 0 then c.stored else c.after end = 1)
          into v_version, v_new, v_started
          from unnest(v_stored, v_after) with ordinality as c(stored, after, n);
    end if;

    if v_new > 0 then
        -- Mark for the horizon, as in `append`. From here on the horizon waits for this transaction, which has only the
        -- insert left to do.
        perform pg_advisory_xact_lock_shared(4996180836614144000 | (s.last_value & 281474976710655))
           from eventsource.event_position s;
        v_position := array(select case when c.version > 0 then nextval('eventsource.event_position') else 0 end
                              from unnest(v_version) with ordinality as c(version, n) order by c.n);
        -- After the positions were drawn; see `moment`.
        v_now := clock_timestamp();
        insert into eventsource.events (position, category, stream_id, version, event_id, event_type,
                                        schema_version, payload, metadata, correlation_id, causation_id,
                                        recorded_at)
        -- unnest in the select list streams row by row; in `from` it would materialize all arrays first.
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
    select 'imported', v_new, coalesce(cardinality(e_id), 0) - v_new, v_started, v_last, null::bigint, null::bigint,
           null::text, null::text;
end
$$;

revoke all on function eventsource.import(
    text[], text[], bigint[], uuid[], text[], integer[], json[], json[], uuid[], uuid[], timestamp with time zone[],
    boolean)
    from public;
