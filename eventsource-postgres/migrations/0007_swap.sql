-- Swaps a building generation with the live one: its tables replace the live ones under their names.
--
-- Parameters: p_generation, which must be building; p_keep_old: whether the live one is retired, with its tables kept
--   in a schema of its own, or abandoned, and its tables dropped. Without a live generation it just becomes live.
-- Isolation: read committed, within a transaction of the caller, which has checked that the building generation has
--   caught up, and holds the checkpoints of both.
-- Locks: access exclusive on the tables of both generations. It waits for each at most 200 ms, as readers wait
--   behind it; if the live generation is inline, also `hold_appends`.
-- Invariants: readers see one generation or the other, never a mixture: they find tables by name, and one that waits
--   for a lock here finds the new table under that name when the transaction commits. Privileges and owners of the
--   replaced tables carry over.
-- Settings: changes lock_timeout, client_min_messages, synchronous_commit and search_path for the transaction.
-- Errors
--   ES003               objects outside the generation depend on the live tables, and would go on reading the old ones
--   ES004               the generation is not building
--   lock_not_available  a table is in use
-- It runs with the rights of the caller, who owns the tables.
-- Evidence: the conformance themes on swaps; tests/server/projections.
create function eventsource.swap(p_generation bigint, p_keep_old boolean)
returns void
language plpgsql
volatile
as $$
declare
    v_name   text;
    v_home   text;
    v_old    bigint;
    v_inline boolean;
    v_from   text;
    v_away   text;
    v_had    oid[];      -- relations of the live generation that are replaced
    v_has    oid[];      -- their replacements, in the same order
    v_goes   oid[];      -- those of v_had that do not move together with a table
    v_comes  oid[];      -- relations to move to the schema of the live ones
    v_object oid;
    v_found  text;
    v_grant  record;
begin
    perform pg_catalog.set_config('lock_timeout', '200ms', true);
    perform pg_catalog.set_config('client_min_messages', 'warning', true);
    perform pg_catalog.set_config('synchronous_commit', 'on', true);
    -- Unqualified names below are those of PostgreSQL. Above, they would be found in the search path of the caller.
    perform pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

    v_from := 'eventsource_' || p_generation;
    select g.name, g.home into v_name, v_home
      from eventsource.generations g
     where g.generation = p_generation and g.state = 'building' for update;
    if not found then
        raise exception 'generation % is not building', p_generation using errcode = 'ES004';
    end if;
    select g.generation, g.inline into v_old, v_inline
      from eventsource.generations g
     where g.name = v_name and g.state = 'live' for update;
    v_away := 'eventsource_' || v_old;

    select array_agg(n.oid order by n.relname),
           array_agg(o.oid order by n.relname) filter (where o.oid is not null),
           array_agg(n.oid order by n.relname) filter (where o.oid is not null)
      into v_comes, v_had, v_has
      from pg_class n
      left join pg_class o on o.relname = n.relname and o.relnamespace = to_regnamespace(quote_ident(v_home))
                          and o.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
     where n.relnamespace = to_regnamespace(v_from) and n.relkind in ('r', 'p', 'v', 'm', 'f', 'S');
    -- A sequence that is owned by a column moves with its table.
    select array_agg(c.oid order by c.oid) into v_goes
      from pg_class c
     where c.oid = any (v_had)
       and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid
                          and d.refclassid = 'pg_class'::regclass and d.refobjsubid > 0 and d.deptype in ('a', 'i'));
    select array_agg(c.oid order by c.oid) into v_comes
      from pg_class c
     where c.oid = any (v_comes)
       and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid
                          and d.refclassid = 'pg_class'::regclass and d.refobjsubid > 0 and d.deptype in ('a', 'i'));

    if v_old is not null then
        execute format('create schema if not exists %I', v_away);
        foreach v_object in array coalesce(v_goes, '{}') loop
            perform eventsource.move_relation(v_object, v_away);
        end loop;
    end if;

    -- Moving has taken exclusive locks, so no new dependency can appear after this check.
    select string_agg(distinct d.description, ', ' order by d.description)
      into v_found
      from (select case w.classid
                        when 'pg_rewrite'::regclass
                        then (select pg_describe_object('pg_class'::regclass, r.ev_class, 0)
                                from pg_rewrite r where r.oid = w.objid)
                        else pg_describe_object(w.classid, w.objid, 0) end as description,
                   case w.classid
                        when 'pg_rewrite'::regclass then (select r.ev_class from pg_rewrite r where r.oid = w.objid)
                        when 'pg_constraint'::regclass
                        then (select c.conrelid from pg_constraint c where c.oid = w.objid)
                        when 'pg_attrdef'::regclass then (select a.adrelid from pg_attrdef a where a.oid = w.objid)
                        when 'pg_trigger'::regclass then (select t.tgrelid from pg_trigger t where t.oid = w.objid)
                        when 'pg_policy'::regclass then (select p.polrelid from pg_policy p where p.oid = w.objid)
                        when 'pg_class'::regclass then w.objid
                        else 0 end as relation
              from pg_depend w
             where w.deptype = 'n'
               and (w.refclassid = 'pg_class'::regclass and w.refobjid = any (v_had)
                    or w.refclassid = 'pg_type'::regclass
                       and w.refobjid in (select c.reltype from pg_class c
                                           where c.oid = any (v_had) and c.reltype <> 0))) d
     where not d.relation = any (v_had);
    if v_found is not null then
        raise exception 'other objects depend on the tables of the live generation'
            using errcode = 'ES003', detail = v_found;
    end if;

    foreach v_object in array coalesce(v_comes, '{}') loop
        perform eventsource.move_relation(v_object, v_home);
    end loop;

    -- Privileges belong to a table, not to its name: copy them from the replaced tables.
    for v_grant in
        select pair.has, n.relowner, a.grantee, n.relkind
          from unnest(v_had, v_has) as pair(had, has)
          join pg_class o on o.oid = pair.had and o.relacl is not null
          join pg_class n on n.oid = pair.has, aclexplode(n.relacl) a
         where a.grantee <> n.relowner
    loop
        execute format('revoke all on %s %s from %s', case v_grant.relkind when 'S' then 'sequence' else 'table' end,
                       v_grant.has::regclass,
                       case v_grant.grantee when 0 then 'public'
                                            else quote_ident(pg_get_userbyid(v_grant.grantee)) end);
    end loop;
    for v_grant in
        select pair.has, g.privilege_type, g.attname, g.grantee, g.is_grantable, n.relkind
          from unnest(v_had, v_has) as pair(had, has)
          join pg_class n on n.oid = pair.has
          join (select c.oid, c.relowner, a.privilege_type, null::name as attname, a.grantee, a.is_grantable
                  from pg_class c, aclexplode(c.relacl) a
                union all
                select c.oid, c.relowner, a.privilege_type, t.attname, a.grantee, a.is_grantable
                  from pg_class c join pg_attribute t on t.attrelid = c.oid, aclexplode(t.attacl) a) g
            on g.oid = pair.had and g.grantee <> g.relowner
         where g.attname is null
            or exists (select from pg_attribute t
                        where t.attrelid = n.oid and t.attname = g.attname and not t.attisdropped)
    loop
        execute format('grant %s%s on %s %s to %s%s', v_grant.privilege_type,
                       case when v_grant.attname is not null then format(' (%I)', v_grant.attname) end,
                       case v_grant.relkind when 'S' then 'sequence' else 'table' end, v_grant.has::regclass,
                       case v_grant.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(v_grant.grantee)) end,
                       case when v_grant.is_grantable then ' with grant option' end);
    end loop;
    for v_grant in
        select pair.has, o.relowner
          from unnest(v_had, v_has) as pair(had, has)
          join pg_class o on o.oid = pair.had
          join pg_class n on n.oid = pair.has and n.relowner <> o.relowner
         -- A sequence that is owned by a column has the owner of its table.
         where pair.has = any (v_comes)
    loop
        execute format('alter table %s owner to %I', v_grant.has::regclass, pg_get_userbyid(v_grant.relowner));
    end loop;

    execute format('drop schema %I', v_from);
    if v_old is not null then
        if v_inline then
            -- An inline generation has applied every event: its checkpoint is set to the end of the log, from where it
            -- continues if it is restored.
            perform eventsource.hold_appends();
            update eventsource.checkpoints c set position = eventsource.horizon() where c.generation = v_old;
        end if;
        update eventsource.generations g set state = 'retired', inline = false where g.generation = v_old;
        if p_keep_old then
            update eventsource.checkpoints c set owner = null where c.generation = v_old;
        else
            execute format('drop schema %I cascade', v_away);
            perform eventsource.delete_generation(v_old);
        end if;
    end if;
    update eventsource.generations g
       set state = 'live', swap_when_ready = false
     where g.generation = p_generation;
end
$$;

revoke all on function eventsource.swap(bigint, boolean) from public;

-- Moves a relation to another schema. A step of `swap`.
--
-- Parameters: p_relation, the oid of a table, view, materialized view, foreign table or sequence; p_schema, the name of
--   the target schema.
-- Isolation: any. Locks: access exclusive on the relation.
create function eventsource.move_relation(p_relation oid, p_schema text)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
    execute (select format('alter %s %s set schema %I',
                           case c.relkind when 'v' then 'view' when 'm' then 'materialized view'
                                          when 'S' then 'sequence' when 'f' then 'foreign table' else 'table' end,
                           c.oid::regclass, p_schema)
               from pg_class c where c.oid = p_relation);
end
$$;

revoke all on function eventsource.move_relation(oid, text) from public;
