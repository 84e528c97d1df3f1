-- The table of the migrations themselves.
-- Binds: none. Index: none. Isolation: within the transaction of the migrations.
create table if not exists eventsource_migrations (
    version    integer not null primary key,
    name       text    not null,
    checksum   blob    not null,
    applied_at integer not null
) strict
