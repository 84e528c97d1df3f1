-- Lets a role append, read, and work read models. Still no update, delete or truncate of events, and no insert
-- but through eventsource.append. To make read models, the role also needs a schema in which it may create
-- tables, and for a rebuild the right to create schemas in the database. To be called by the owner of the schema.
create or replace function eventsource.grant_to(p_role text)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
    -- Two grants on the same object at the same time fail with "tuple concurrently updated".
    perform pg_advisory_xact_lock(1163285334, 0);
    execute format('grant usage on schema eventsource to %I', p_role);
    execute format('grant select on eventsource.events, eventsource.idempotency_keys, '
                   'eventsource._migrations to %I', p_role);
    execute format('grant select, insert, update on eventsource.snapshots, eventsource.generations to %I', p_role);
    execute format('grant select, insert, update, delete on eventsource.checkpoints, eventsource.workers, '
                   'eventsource.parked_events to %I', p_role);
    execute format('grant execute on function eventsource.append(integer[], text[], text[], bigint[], integer[], '
                   'text[], uuid[], text[], integer[], text[], text[], uuid[], uuid[], bigint[]), '
                   'eventsource.horizon(), eventsource.hold_appends(), eventsource.horizon_holders(), '
                   'eventsource.enter(bigint, integer, bigint), eventsource.exchange(bigint, boolean), '
                   'eventsource.move_relation(oid, text) to %I', p_role);
end
$$;
