-- Puts the tables of a building generation in the place of the live one's, in the transaction of the caller.
--
-- Readers go by the names of the tables: who waits for a table here finds the new one under its name when the
-- transaction commits, in a snapshot taken after that. Fails with ES002, and what is in the way as its detail,
-- if something outside the generation depends on the former tables: it would go on reading those.
create function eventsource.exchange(p_generation bigint, p_keep_old boolean)
returns void
language plpgsql
volatile
as $$
declare
    v_name   text;
    v_home   text;
    v_old    bigint;
    v_inline boolean;
    v_from   text := 'eventsource_' || p_generation;
    v_away   text;
    v_had    oid[];      -- the relations of the live generation that have a successor
    v_has    oid[];      -- these successors, in the same order
    v_goes   oid[];      -- those of v_had that do not go with a table
    v_comes  oid[];      -- what is moved to the place of the live ones
    v_object oid;
    v_found  text;
    v_grant  record;
begin
    perform pg_catalog.set_config('lock_timeout', '200ms', true);
    perform pg_catalog.set_config('client_min_messages', 'warning', true);
    perform pg_catalog.set_config('synchronous_commit', 'on', true);
    -- Every name below that is not qualified is the server's own.
    perform pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

    select g.name, g.home into v_name, v_home
      from eventsource.generations g
     where g.generation = p_generation and g.state = 'building' for update;
    if not found then
        raise exception 'generation % is not building', p_generation using errcode = 'ES003';
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
    -- A sequence that belongs to a column goes where its table goes.
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

    -- Under the locks that moving has taken, so nothing can come to depend on them any more.
    select string_agg(distinct d.description, ', ' order by d.description)
      into v_found
      from (select case w.classid
                        when 'pg_rewrite'::regclass
                        then (select pg_describe_object('pg_class'::regclass, r.ev_class, 0) from pg_rewrite r where r.oid = w.objid)
                        else pg_describe_object(w.classid, w.objid, 0) end as description,
                   case w.classid
                        when 'pg_rewrite'::regclass then (select r.ev_class from pg_rewrite r where r.oid = w.objid)
                        when 'pg_constraint'::regclass then (select c.conrelid from pg_constraint c where c.oid = w.objid)
                        when 'pg_attrdef'::regclass then (select a.adrelid from pg_attrdef a where a.oid = w.objid)
                        when 'pg_trigger'::regclass then (select t.tgrelid from pg_trigger t where t.oid = w.objid)
                        when 'pg_policy'::regclass then (select p.polrelid from pg_policy p where p.oid = w.objid)
                        when 'pg_class'::regclass then w.objid
                        else 0 end as relation
              from pg_depend w
             where w.deptype = 'n'
               and (w.refclassid = 'pg_class'::regclass and w.refobjid = any (v_had)
                    or w.refclassid = 'pg_type'::regclass
                       and w.refobjid in (select c.reltype from pg_class c where c.oid = any (v_had) and c.reltype <> 0))) d
     where not d.relation = any (v_had);
    if v_found is not null then
        raise exception 'the tables of the live generation are depended upon' using errcode = 'ES002', detail = v_found;
    end if;

    foreach v_object in array coalesce(v_comes, '{}') loop
        perform eventsource.move_relation(v_object, v_home);
    end loop;

    -- Rights stand with a table, not with its name.
    for v_grant in
        select pair.has, n.relowner, a.grantee, n.relkind
          from unnest(v_had, v_has) as pair(had, has)
          join pg_class o on o.oid = pair.had and o.relacl is not null
          join pg_class n on n.oid = pair.has, aclexplode(n.relacl) a
         where a.grantee <> n.relowner
    loop
        execute format('revoke all on %s %s from %s', case v_grant.relkind when 'S' then 'sequence' else 'table' end,
                       v_grant.has::regclass,
                       case v_grant.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(v_grant.grantee)) end);
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
            or exists (select from pg_attribute t where t.attrelid = n.oid and t.attname = g.attname and not t.attisdropped)
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
         -- A sequence of a column is its table's owner's.
         where pair.has = any (v_comes)
    loop
        execute format('alter table %s owner to %I', v_grant.has::regclass, pg_get_userbyid(v_grant.relowner));
    end loop;

    execute format('drop schema %I', v_from);
    if v_old is not null then
        if v_inline then
            -- All appends have ended: what it has seen is all there is.
            perform eventsource.hold_appends();
            update eventsource.checkpoints c set position = eventsource.horizon() where c.generation = v_old;
        end if;
        update eventsource.generations g
           set state = case when p_keep_old then 'retired' else 'abandoned' end, inline = false
         where g.generation = v_old;
        if p_keep_old then
            update eventsource.checkpoints c set owner = null where c.generation = v_old;
        else
            execute format('drop schema %I cascade', v_away);
            delete from eventsource.checkpoints c where c.generation = v_old;
            delete from eventsource.parked_events p where p.generation = v_old;
        end if;
    end if;
    update eventsource.generations g
       set state = 'live', swap_when_ready = false
     where g.generation = p_generation;
end
$$;

revoke all on function eventsource.exchange(bigint, boolean) from public;

-- Moves a relation to another schema.
create function eventsource.move_relation(p_relation oid, p_schema text)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
    execute (select format('alter %s %s set schema %I',
                           case c.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'S' then 'sequence'
                                          when 'f' then 'foreign table' else 'table' end,
                           c.oid::regclass, p_schema)
               from pg_class c where c.oid = p_relation);
end
$$;

revoke all on function eventsource.move_relation(oid, text) from public;
