-- Records that a migration was applied.
-- Binds: 1 version, 2 name, 3 checksum, 4 time in microseconds.
-- Index: none. Isolation: within the transaction of the migrations.
insert into eventsource_migrations (version, name, checksum, applied_at)
values (?1, ?2, ?3, ?4)
