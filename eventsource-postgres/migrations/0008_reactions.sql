-- Reactions: the timers and instances of processes and of scheduled commands, and the outcomes of messages.

-- Timers of a generation. Those of a partition are fired by the worker that holds its lease, in the order of due time, key
-- and name.
--
-- A timer is set, moved, cancelled and fired by the transaction of the partition's lease, together with its checkpoint; one
-- of a scheduled command is set and cancelled by its caller too. To fire it is to delete it, as it was read: if another
-- transaction has moved or cancelled it, no row is deleted, and the one that fires it rolls back.
--   key      the instance of the process, or the key of the scheduled command
--   data     what its consumer keeps with it
-- Invariant: a generation has one timer of a key and a name (timers_pkey).
-- Evidence: the conformance theme on timers; tests/server/statements.rs (plans).
create table eventsource.timers (
    generation bigint                   not null,
    partition  integer                  not null,
    key        text collate "C"         not null,
    name       text collate "C"         not null,
    due_at     timestamp with time zone not null,
    data       json                     not null,
    constraint timers_partition_check check (partition >= 0),
    constraint timers_names_check check (octet_length(key) between 1 and 1024 and octet_length(name) <= 1024),
    constraint timers_due_at_check check (due_at >= '0001-01-01 00:00:00+00' and due_at < '10000-01-01 00:00:00+00')
);
-- There may be millions of timers: the first ones of a partition are an index range.
create unique index timers_due_key on eventsource.timers (partition, generation, due_at, key, name);
-- For an empty table both indexes seem equally good for the timers of a key, and the planner takes the one that was created
-- last.
alter table eventsource.timers add constraint timers_pkey primary key (generation, key, name);

-- The instances of a process, and what operators have asked of them.
--
--   state    running, completed, suspended, aborted
--   ignored  how many events and timers were ignored, because it had ended or had not been started
--   reason   why it was suspended or aborted, or null
-- Invariant: only an operator ends that an instance is suspended or aborted.
-- Evidence: the conformance theme on instances.
create table eventsource.instances (
    generation bigint                   not null,
    key        text collate "C"         not null,
    partition  integer                  not null,
    state      text collate "C"         not null,
    started_at timestamp with time zone not null,
    changed_at timestamp with time zone not null,
    ignored    bigint                   not null,
    reason     text,
    constraint instances_state_check check (state in ('running', 'completed', 'suspended', 'aborted')),
    constraint instances_numbers_check check (partition >= 0 and ignored >= 0),
    constraint instances_key_check check (octet_length(key) between 1 and 1024),
    constraint instances_started_at_check check (
        started_at >= '0001-01-01 00:00:00+00' and started_at < '10000-01-01 00:00:00+00'),
    constraint instances_changed_at_check check (
        changed_at >= '0001-01-01 00:00:00+00' and changed_at < '10000-01-01 00:00:00+00')
)
-- Updated with every step: a part of each page is left for HOT updates.
with (fillfactor = 80);
-- The order in which instances are listed.
create unique index instances_start_key on eventsource.instances (generation, started_at, key);
-- A worker reads those that are suspended, which are few.
create unique index instances_suspended_key on eventsource.instances (generation, partition, key)
    where state = 'suspended';
-- The last one, as that of timers.
alter table eventsource.instances add constraint instances_pkey primary key (generation, key);

-- Outcomes of messages, and of effects outside the store, so that neither is repeated.
--
--   consumer  who receives the message
--   id        the id of the message, which is unique for its consumer; one that begins with `log/` stands for the position
--             in another log, and is not purged
-- Whoever receives a message holds an advisory lock on its name until the end of the transaction, see `lock_message`: a
-- second receiver waits, and then reads what the first one has kept. An attempt that is rolled back leaves nothing.
-- Evidence: the conformance theme on messages.
create table eventsource.outcomes (
    consumer text collate "C"         not null,
    id       text collate "C"         not null,
    content  json                     not null,
    kept_at  timestamp with time zone not null,
    constraint outcomes_pkey primary key (consumer, id),
    constraint outcomes_names_check check (
        octet_length(consumer) between 1 and 1024 and octet_length(id) between 1 and 1024),
    constraint outcomes_kept_at_check check (
        kept_at >= '0001-01-01 00:00:00+00' and kept_at < '10000-01-01 00:00:00+00')
);
-- The order in which outcomes are purged.
create unique index outcomes_kept_key on eventsource.outcomes (consumer, kept_at, id) where left(id, 4) <> 'log/';

-- Deletes idempotency keys that were used a time ago, the oldest first.
--
-- Parameters: p_age, how long ago at least, in microseconds; p_limit, how many at most.
-- Result: how many were deleted.
-- Isolation: read committed; one autocommit statement.
-- Locks: the rows that it deletes; it waits for none, and skips those that another call deletes. An append that is given
--   one of these keys meanwhile waits for the end of the call.
-- Index: idempotency_keys_used_at_key.
-- It runs with the rights of the owner: no other role may delete keys one by one.
-- Evidence: the conformance theme on messages; tests/server/statements.rs (plans), roles/rights.rs.
create function eventsource.purge_keys(p_age bigint, p_limit bigint)
returns bigint
language plpgsql
volatile
security definer
-- As in `append`.
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set jit = off
set search_path = pg_catalog, pg_temp
as $$
declare
    v_purged bigint;
begin
    with old as materialized (
        select k.category, k.stream_id, k.key
          from eventsource.idempotency_keys k
         where k.used_at < clock_timestamp() - p_age * interval '1 microsecond'
         order by k.used_at
         limit p_limit
           for update skip locked)
    delete from eventsource.idempotency_keys k
     using old o
     where k.category = o.category and k.stream_id = o.stream_id and k.key = o.key;
    get diagnostics v_purged = row_count;
    return v_purged;
end
$$;

revoke all on function eventsource.purge_keys(bigint, bigint) from public;
