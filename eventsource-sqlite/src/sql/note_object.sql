-- Records that a table or view belongs to a generation.
-- Binds: 1 generation, 2 kind, 3 name, 4 the text of a view. Index: the primary key. Isolation: while writing.
insert into eventsource_objects (generation, kind, name, sql) values (?1, ?2, ?3, ?4)
    on conflict (generation, name) do update set kind = excluded.kind, sql = excluded.sql
