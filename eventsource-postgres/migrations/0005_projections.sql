-- Read models: their generations, how far each partition is, who works them, and what is set aside.
--
-- The table of checkpoints that was here was never used.
drop table eventsource.checkpoints;

-- One making of a read model. The live one's tables are in the schema `home`; those of a building and of a
-- retired one in a schema `eventsource_<generation>`. The row of an abandoned one stays, its number is not used
-- again.
create table eventsource.generations (
    generation      bigint generated always as identity,
    name            text collate "C"         not null,
    version         bigint                   not null,
    kind            text collate "C"         not null,
    state           text collate "C"         not null,
    home            text collate "C"         not null,
    inline          boolean                  not null,
    swap_when_ready boolean                  not null,
    keep_old        boolean                  not null,
    created_at      timestamp with time zone not null,
    constraint generations_pkey primary key (generation),
    constraint generations_version_check check (version > 0),
    constraint generations_kind_check check (kind in ('following', 'inline', 'handler')),
    constraint generations_state_check check (state in ('building', 'live', 'retired', 'abandoned')),
    constraint generations_inline_check check (not inline or state = 'live')
);
create unique index generations_live_key on eventsource.generations (name) where state = 'live';
create unique index generations_building_key on eventsource.generations (name) where state = 'building';
create unique index generations_inline_key on eventsource.generations (generation) where inline;

-- How far a partition is. Its row is locked by whoever works it, for the length of each transaction; the epoch
-- rises with every claim, and fences off those who held it before.
create table eventsource.checkpoints (
    generation bigint                   not null,
    partition  integer                  not null,
    position   bigint                   not null,
    epoch      bigint                   not null,
    owner      uuid,
    events     bigint                   not null,
    last_error text,
    stopped    json,
    stopped_at timestamp with time zone,
    updated_at timestamp with time zone not null,
    constraint checkpoints_pkey primary key (generation, partition),
    constraint checkpoints_position_check check (position >= 0)
)
-- Updated with every batch: room for the new row beside the old one.
with (fillfactor = 50);

-- Programs that work read models. One that does not say in time that it lives has lost all it held.
create table eventsource.workers (
    worker      uuid                     not null,
    application text                     not null,
    serves      json                     not null,
    lives_until timestamp with time zone not null,
    joined_at   timestamp with time zone not null,
    constraint workers_pkey primary key (worker)
)
with (fillfactor = 50);

-- Events that are set aside, and, on record, those that were discarded.
create table eventsource.parked_events (
    generation     bigint                   not null,
    partition      integer                  not null,
    key            text collate "C"         not null,
    position       bigint                   not null,
    category       text collate "C"         not null,
    stream_id      text collate "C"         not null,
    version        bigint                   not null,
    event_id       uuid                     not null,
    event_type     text collate "C"         not null,
    error          text,
    attempts       bigint                   not null,
    parked_at      timestamp with time zone not null,
    request        text collate "C",
    request_reason text,
    discarded      text,
    discarded_at   timestamp with time zone,
    constraint parked_events_pkey primary key (generation, position, key),
    constraint parked_events_request_check check (request in ('retry', 'discard'))
);

-- Begins to work a partition, in the transaction of the caller: locks its checkpoint, and moves to the tables
-- of its generation. Answers with where it is; with null if the lease is lost, or the generation commits with the
-- events: a worker may not know yet that it was switched over.
--
-- Who waits here for another one's transaction holds nothing yet that anyone could wait for.
create function eventsource.enter(
    p_generation bigint, p_partition integer, p_epoch bigint,
    out "position" bigint, out building boolean)
language plpgsql
volatile
-- With the rights and the search path of the caller, which it changes for the transaction.
as $$
#variable_conflict use_column
declare
    v_position bigint;
    v_state    text;
    v_kind     text;
    v_inline   boolean;
begin
    select c.position into v_position
      from eventsource.checkpoints c
     where c.generation = p_generation and c.partition = p_partition
       and c.epoch = p_epoch and c.owner is not null and c.stopped is null
       for update;
    if not found then
        return;
    end if;
    -- In a later statement: the transaction that was waited for may have exchanged the generations.
    select g.state, g.kind, g.inline into v_state, v_kind, v_inline
      from eventsource.generations g
     where g.generation = p_generation;
    if v_inline or v_state is distinct from 'live' and v_state is distinct from 'building' then
        return;
    end if;
    -- Rows and checkpoint commit together, and after the events they are made of: what a crash of the server
    -- can take is both, and then it is made again. What reaches outside is not made again, so it is flushed.
    if v_kind <> 'handler' then
        perform pg_catalog.set_config('synchronous_commit', 'off', true);
    end if;
    -- A process that stalls in the middle would keep others from taking over.
    perform pg_catalog.set_config('idle_in_transaction_session_timeout', '10s', true);
    "position" := v_position;
    building := v_state = 'building';
    if building then
        perform pg_catalog.set_config('search_path', pg_catalog.concat_ws(', ', 'eventsource_' || p_generation,
            nullif(pg_catalog.current_setting('search_path'), '')), true);
    end if;
end
$$;

revoke all on function eventsource.enter(bigint, integer, bigint) from public;

-- Who holds the horizon back, the oldest first. A prepared transaction has no process; its time is when it was
-- prepared. What the processes of other roles do is told too, but not their statements.
create function eventsource.horizon_holders()
returns table (pid integer, application text, state text, since timestamp with time zone, age_us bigint)
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
    select distinct on (h.since, h.pid, h.application)
           h.pid, h.application, h.state, h.since,
           greatest(0, extract(epoch from clock_timestamp() - h.since) * 1000000)::bigint
      from (select l.pid, coalesce(a.application_name, '') as application,
                   case when l.pid is null then concat_ws(' ', 'prepared transaction', quote_literal(x.gid))
                        else concat_ws(', ', a.state, a.wait_event_type || ' ' || a.wait_event) end as state,
                   coalesce(a.xact_start, x.prepared) as since
              from pg_locks l
              left join pg_stat_activity a on a.pid = l.pid
              -- A prepared transaction is known by the lock on its own number.
              left join pg_locks t on l.pid is null and t.pid is null and t.virtualtransaction = l.virtualtransaction
                                  and t.locktype = 'transactionid' and t.mode = 'ExclusiveLock'
              left join pg_prepared_xacts x on x.transaction = t.transactionid
             where l.locktype = 'advisory' and l.classid = 1163285332 and l.objsubid = 2
               and l.database = (select d.oid from pg_database d where d.datname = current_database())) h
     order by h.since, h.pid, h.application
$$;

revoke all on function eventsource.horizon_holders() from public;
