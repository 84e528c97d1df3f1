-- Lets a role append and read, and nothing else: no update, delete or truncate of events, and no insert but
-- through eventsource.append. To be called by the owner of the schema.
create function eventsource.grant_to(p_role text)
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
    execute format('grant select, insert, update on eventsource.snapshots, eventsource.checkpoints to %I', p_role);
    execute format('grant execute on function eventsource.append(integer[], text[], text[], bigint[], integer[], '
                   'text[], uuid[], text[], integer[], text[], text[], uuid[], uuid[]), '
                   'eventsource.horizon() to %I', p_role);
end
$$;

revoke all on function eventsource.grant_to(text) from public;
