-- Empties the database that this session is connected to, so that another test can use it. Raises an error if it has
-- something that is not removed with its schemas: then the database is dropped.
-- Binds: none. Isolation: any; one statement, after which no other session uses the database.
do $$
declare
    name text;
begin
    set local client_min_messages = warning;
    perform pg_catalog.pg_terminate_backend(a.pid)
       from pg_catalog.pg_stat_activity a
      where a.datname = pg_catalog.current_database() and a.pid <> pg_catalog.pg_backend_pid()
        and a.backend_type = 'client backend';

    if exists (select from pg_catalog.pg_prepared_xacts where database = pg_catalog.current_database())
       or exists (select from pg_catalog.pg_db_role_setting s, pg_catalog.pg_database d
                   where d.datname = pg_catalog.current_database() and s.setdatabase = d.oid)
       or exists (select from pg_catalog.pg_database d
                   where d.datname = pg_catalog.current_database()
                     and (d.datacl is not null or d.datdba <> 'postgres'::regrole))
       or exists (select from pg_catalog.pg_extension where extname <> 'plpgsql')
       or exists (select from pg_catalog.pg_event_trigger)
       or exists (select from pg_catalog.pg_publication)
       or exists (select from pg_catalog.pg_default_acl)
       or exists (select from pg_catalog.pg_largeobject_metadata)
       or exists (select from pg_catalog.pg_foreign_data_wrapper)
       or exists (select from pg_catalog.pg_cast where oid >= 16384)
       or exists (select from pg_catalog.pg_proc
                   where oid >= 16384 and pronamespace in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace))
    then
        raise exception 'this database has more than schemas';
    end if;

    for name in select n.nspname from pg_catalog.pg_namespace n
                 where n.nspname not like 'pg\_%' and n.nspname <> 'information_schema'
    loop
        execute pg_catalog.format('drop schema %I cascade', name);
    end loop;
    create schema public;
    comment on schema public is 'standard public schema';
    if pg_catalog.current_setting('server_version_num')::integer >= 150000 then
        alter schema public owner to pg_database_owner;
        grant usage on schema public to public;
    else
        grant all on schema public to public;
    end if;
end
$$;
