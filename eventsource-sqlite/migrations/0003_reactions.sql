-- Reactions: the timers and instances of processes and of scheduled commands, and the outcomes of messages.

-- Timers of a generation. Those of a partition are fired by the worker that holds its lease, in the order of due time, key
-- and name. To fire one is to delete it, as it was read.
--   key      the instance of the process, or the key of the scheduled command
--   data     JSON that its consumer keeps with it
create table eventsource_timers (
    generation integer not null,
    partition  integer not null check (partition >= 0),
    key        text    not null check (length(cast(key as blob)) between 1 and 1024 and instr(key, char(0)) = 0),
    name       text    not null check (length(cast(name as blob)) <= 1024 and instr(name, char(0)) = 0),
    due_at     integer not null check (due_at between -62135596800000000 and 253402300799999999),
    data       text    not null,
    primary key (generation, key, name)
) strict;

-- There may be millions of timers: the first ones of a partition, and of all partitions, are an index range.
create index eventsource_timers_partition on eventsource_timers (generation, partition, due_at, key, name);
create index eventsource_timers_due on eventsource_timers (generation, due_at, key, name);

-- The instances of a process, and what operators have asked of them.
--   ignored  how many events and timers were ignored, because it had ended or had not been started
--   reason   why it was suspended or aborted, or null
create table eventsource_instances (
    generation integer not null,
    key        text    not null check (length(cast(key as blob)) between 1 and 1024 and instr(key, char(0)) = 0),
    partition  integer not null check (partition >= 0),
    state      text    not null check (state in ('running', 'completed', 'suspended', 'aborted')),
    started_at integer not null check (started_at between -62135596800000000 and 253402300799999999),
    changed_at integer not null check (changed_at between -62135596800000000 and 253402300799999999),
    ignored    integer not null check (ignored >= 0),
    reason     text,
    primary key (generation, key)
) strict, without rowid;

-- The order in which instances are listed, and those that are suspended, which are few.
create index eventsource_instances_start on eventsource_instances (generation, started_at, key);
create index eventsource_instances_suspended on eventsource_instances (generation, partition, key)
    where state = 'suspended';

-- Outcomes of messages, and of effects outside the store, so that neither is repeated.
--   consumer  who receives the message
--   id        the id of the message, which is unique for its consumer; one that begins with `log/` stands for the position
--             in another log, and is not purged
--   content   JSON that the consumer keeps
create table eventsource_outcomes (
    consumer text    not null check (length(cast(consumer as blob)) between 1 and 1024
                                     and instr(consumer, char(0)) = 0),
    id       text    not null check (length(cast(id as blob)) between 1 and 1024 and instr(id, char(0)) = 0),
    content  text    not null,
    kept_at  integer not null check (kept_at between -62135596800000000 and 253402300799999999),
    primary key (consumer, id)
) strict;

-- The order in which outcomes are purged.
create index eventsource_outcomes_kept on eventsource_outcomes (consumer, kept_at) where substr(id, 1, 4) <> 'log/';
