-- Moves the checkpoint of a building generation's lease, unless this transaction has written tables that do not
-- belong to the generation; returns how many were moved, and those tables.
-- Binds: $1 generation, $2 partition, $3 epoch, $4 position, $5 number of events.
-- Index: checkpoints_pkey. Isolation: read committed, with the row locked.
with written as (
    select pg_catalog.string_agg(distinct c.oid::pg_catalog.regclass::text, ', ') as tables
      from pg_catalog.pg_locks l
      join pg_catalog.pg_class c on c.oid = l.relation and c.relkind in ('r', 'p')
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where l.pid = pg_catalog.pg_backend_pid() and l.locktype = 'relation' and l.mode = 'RowExclusiveLock'
       and n.nspname not in ('eventsource', 'pg_catalog', 'pg_toast', pg_catalog.concat('eventsource_', $1::bigint))
       and n.oid <> pg_catalog.pg_my_temp_schema()),
moved as (
    update eventsource.checkpoints c
       set position = $4::bigint, events = c.events + $5::bigint, last_error = null,
           updated_at = pg_catalog.clock_timestamp()
      from written w
     where c.generation = $1::bigint and c.partition = $2::integer and c.epoch = $3::bigint and w.tables is null
    returning 1)
select (select pg_catalog.count(*) from moved), (select w.tables from written w)
