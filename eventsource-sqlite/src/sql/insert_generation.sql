-- Creates a generation; returns its number.
-- Binds: 1 name, 2 version, 3 kind, 4 state, 5 whether it swaps when ready, 6 whether the old one is kept, 7 now,
--        8 the event types as JSON.
-- Index: none. Isolation: while writing.
insert into eventsource_generations (name, version, kind, state, inline, swap_when_ready, keep_old, by_name,
                                     created_at, event_types)
values (?1, ?2, ?3, ?4, 0, ?5, ?6, 0, ?7, ?8)
returning generation
