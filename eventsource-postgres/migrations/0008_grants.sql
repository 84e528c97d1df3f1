-- Grants a role what an application needs: append, import, read, and run projections.
--
-- The role gets no insert, update, delete or truncate on the log and the idempotency keys: it writes them only through
-- `append` and `import`, which run with the rights of their owner. To run projections, the role also needs a schema in
-- which it may create tables, and for a rebuild the right to create schemas in the database.
--
-- Parameters: p_role, the name of the role, unquoted. To be called by the owner of the schema. It may be repeated.
-- Isolation: any. Locks: an advisory lock, until the transaction ends.
-- Invariant: an application cannot change or delete events.
-- Evidence: tests/server/roles.rs.
create function eventsource.grant_to(p_role text)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
    -- Concurrent grants on one object fail with "tuple concurrently updated".
    perform pg_advisory_xact_lock(1163285334, 0);
    execute format('grant usage on schema eventsource to %I', p_role);
    execute format('grant select on eventsource.events, eventsource.idempotency_keys, '
                   'eventsource._migrations to %I', p_role);
    execute format('grant select, insert, update on eventsource.snapshots, eventsource.generations to %I', p_role);
    execute format('grant select, insert, update, delete on eventsource.checkpoints, eventsource.workers, '
                   'eventsource.parked_events to %I', p_role);
    execute format('grant execute on function eventsource.append(integer[], text[], text[], bigint[], integer[], '
                   'text[], uuid[], text[], integer[], text[], text[], uuid[], uuid[], bigint[]), '
                   'eventsource.import(text[], text[], bigint[], uuid[], text[], integer[], json[], json[], uuid[], '
                   'uuid[], timestamp with time zone[], boolean), '
                   'eventsource.horizon(), eventsource.hold_appends(), eventsource.horizon_holders(), '
                   'eventsource.enter(bigint, integer, bigint), eventsource.swap(bigint, boolean), '
                   'eventsource.move_relation(oid, text) to %I', p_role);
end
$$;

revoke all on function eventsource.grant_to(text) from public;
