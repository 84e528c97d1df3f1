-- The schema itself, and its migrations.

-- name: inspect
-- The application id and schema version of a file, and the number of its objects.
-- Binds: none. Index: none. Isolation: any; of one snapshot.
select (select application_id from pragma_application_id) as application_id,
       (select user_version from pragma_user_version) as user_version,
       (select count(*) from sqlite_schema) as objects

-- name: migrations_table
-- The table of the migrations themselves.
-- Binds: none. Index: none. Isolation: within the transaction of the migrations.
create table if not exists eventsource_migrations (
    version    integer not null primary key,
    name       text    not null,
    checksum   blob    not null,
    applied_at integer not null
) strict

-- name: applied_migrations
-- The migrations that were applied, with the checksum of each.
-- Binds: none. Index: the primary key of eventsource_migrations. Isolation: any.
select version, checksum
from eventsource_migrations
order by version

-- name: note_migration
-- Records that a migration was applied.
-- Binds: 1 version, 2 name, 3 checksum, 4 time in microseconds.
-- Index: none. Isolation: within the transaction of the migrations.
insert into eventsource_migrations (version, name, checksum, applied_at)
values (?1, ?2, ?3, ?4)

-- name: schema_texts
-- The definitions of all objects in the file that have one. A table is named in lower case: a trigger or an index is
-- stored with the table's name as the statement that created it wrote it.
-- Binds: none. Index: none. Isolation: any.
select s.type, s.name, lower(s.tbl_name), s.sql
  from sqlite_schema s
 where s.sql is not null
