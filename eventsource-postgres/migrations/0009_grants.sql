-- Rights of roles. The owner of the schema calls these functions, and may repeat them. Each takes the name of a role,
-- unquoted. Nothing is granted to `public`, which is everybody.
--
-- No role gets insert, update, delete or truncate on the log and the idempotency keys: they are written only through
-- `append` and `import`, and keys are deleted only by `purge_keys`, which run with the rights of their owner.
-- Isolation: any. Locks: an advisory lock, until the transaction ends.
-- Invariant: an application cannot change or delete events.
-- Evidence: tests/server/roles.rs, roles/rights.rs.

-- Grants a role what an application needs: append, read, and run projections.
--
-- To run projections, the role also needs a schema in which it may create tables, and for a rebuild the right to create
-- schemas in the database. The roles with this right trust each other: each can write the state of projections and the
-- snapshots, and can make a projection inline, which ends the appends of programs that do not run it.
create function eventsource.grant_to(p_role text)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
    perform eventsource.grant_read_to(p_role);
    execute format('grant insert, update on eventsource.snapshots, eventsource.generations to %I', p_role);
    execute format('grant insert, update, delete on eventsource.checkpoints, eventsource.workers, '
                   'eventsource.parked_events, eventsource.timers, eventsource.instances, eventsource.outcomes to %I',
                   p_role);
    perform eventsource.grant_functions(
        p_role, '{append, hold_appends, enter, delete_generation, swap, move_relation, purge_keys}');
end
$$;

revoke all on function eventsource.grant_to(text) from public;

-- Grants a role the right to import, besides reading. Apart from `grant_to`, because an import chooses the times of
-- events, and stores them without the projections that are inline.
create function eventsource.grant_import_to(p_role text)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
    perform eventsource.grant_read_to(p_role);
    perform eventsource.grant_functions(p_role, '{import}');
end
$$;

revoke all on function eventsource.grant_import_to(text) from public;

-- Grants a role the right to read: the log, receipts, snapshots, and the status of projections.
create function eventsource.grant_read_to(p_role text)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
    -- Concurrent grants on one object fail with "tuple concurrently updated".
    perform pg_advisory_xact_lock(1163285334, 0);
    -- Also in quotes, PostgreSQL takes this name for everybody.
    if p_role = 'public' then
        raise exception 'rights on the schema eventsource are not granted to everybody, which is what "public" means'
            using errcode = 'invalid_grant_operation', hint = 'Name a role.';
    end if;
    execute format('grant usage on schema eventsource to %I', p_role);
    execute format('grant select on eventsource.events, eventsource.idempotency_keys, eventsource.snapshots, '
                   'eventsource.generations, eventsource.checkpoints, eventsource.workers, eventsource.parked_events, '
                   'eventsource.timers, eventsource.instances, eventsource.outcomes, eventsource._migrations to %I',
                   p_role);
    perform eventsource.grant_functions(p_role, '{horizon, horizon_holders, moment, settled}');
end
$$;

revoke all on function eventsource.grant_read_to(text) from public;

-- Grants a role the right to operate projections, besides reading: to resume those that stopped, to retry and discard
-- parked events, to suspend, resume and abort the instances of processes, and to choose whether a rebuild is swapped when
-- it is ready.
create function eventsource.grant_operate_to(p_role text)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
    perform eventsource.grant_read_to(p_role);
    execute format('grant update (stopped, stopped_at) on eventsource.checkpoints to %I', p_role);
    execute format('grant update (request, request_reason) on eventsource.parked_events to %I', p_role);
    execute format('grant update (state, reason, changed_at) on eventsource.instances to %I', p_role);
    execute format('grant delete on eventsource.timers to %I', p_role);
    execute format('grant update (swap_when_ready, keep_old) on eventsource.generations to %I', p_role);
end
$$;

revoke all on function eventsource.grant_operate_to(text) from public;

-- Revokes every right on this schema that its owner has granted to a role, also to `public`. Sessions of the role lose
-- them with their next statement. The role keeps what it has as a member of another role.
create function eventsource.revoke_from(p_role text)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
    -- As in `grant_read_to`.
    perform pg_advisory_xact_lock(1163285334, 0);
    if p_role = (select pg_get_userbyid(n.nspowner) from pg_namespace n where n.nspname = 'eventsource') then
        raise exception 'the role % owns the schema eventsource', p_role using errcode = 'invalid_grant_operation';
    end if;
    execute format('revoke all on all tables in schema eventsource from %I', p_role);
    execute format('revoke all on all sequences in schema eventsource from %I', p_role);
    execute format('revoke all on all functions in schema eventsource from %I', p_role);
    execute format('revoke all on schema eventsource from %I', p_role);
end
$$;

revoke all on function eventsource.revoke_from(text) from public;

-- A step of the functions above: grants a role the execution of the functions with these names.
create function eventsource.grant_functions(p_role text, p_names text[])
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
    execute (select format('grant execute on function %s to %I', string_agg(p.oid::regprocedure::text, ', '), p_role)
               from pg_proc p
              where p.pronamespace = 'eventsource'::regnamespace and p.proname::text = any (p_names));
end
$$;

revoke all on function eventsource.grant_functions(text, text[]) from public;
