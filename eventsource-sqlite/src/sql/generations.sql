-- Generations of projections.

-- name: generation
-- A generation and its status, and the live one of its name.
-- Binds: 1 generation.
-- Index: eventsource_generations, its rowid. Isolation: any.
select g.name, g.state, g.inline,
       (select l.generation from eventsource_generations l where l.name = g.name and l.state = 'live')
  from eventsource_generations g
 where g.generation = ?1

-- name: current_generations
-- The live and the building generation of a name.
-- Binds: 1 name.
-- Index: none, the table is small. Isolation: while writing.
select generation, version, state
  from eventsource_generations
 where name = ?1 and state in ('live', 'building')
 order by generation

-- name: generations
-- Every generation, with each of its partitions.
-- Binds: none.
-- Index: none, the tables are small. Isolation: any; one statement.
select g.generation, g.name, g.version, g.kind, g.state, g.inline, g.swap_when_ready, g.keep_old, g.created_at,
       c.position, c.epoch, c.owner,
       c.events,
       (select count(*) from eventsource_parked_events e
         where e.generation = c.generation and e.partition = c.partition and e.discarded is null),
       (select count(distinct e.key) from eventsource_parked_events e
         where e.generation = c.generation and e.partition = c.partition and e.request is not null),
       c.last_error, c.stopped, c.stopped_at, c.updated_at,
       g.event_types, w.application, w.beats, w.lease, w.beat_at
  from eventsource_generations g
  join eventsource_checkpoints c on c.generation = g.generation
  left join eventsource_workers w on w.worker = c.owner
 order by g.name, g.generation, c.partition

-- name: insert_generation
-- Creates a generation; returns its number.
-- Rule: generations::NewGeneration.
-- Binds: 1 name, 2 version, 3 kind, 4 state, 5 whether it swaps when ready, 6 whether the old one is kept, 7 now,
--        8 the event types as JSON.
-- Index: none. Isolation: while writing.
insert into eventsource_generations (name, version, kind, state, inline, swap_when_ready, keep_old, by_name,
                                     created_at, event_types)
values (?1, ?2, ?3, ?4, 0, ?5, ?6, 0, ?7, ?8)
returning generation

-- name: set_by_name
-- Records that the code of a generation names its tables in SQL statements of its own.
-- Binds: 1 generation. Index: the rowid. Isolation: while writing.
update eventsource_generations set by_name = 1 where generation = ?1

-- name: set_event_types
-- Sets the event types that a generation is read with.
-- Rule: generations::Widening::apply.
-- Binds: 1 generation, 2 the event types as JSON.
-- Index: the rowid. Isolation: while writing.
update eventsource_generations set event_types = ?2 where generation = ?1

-- name: set_swap_options
-- Sets whether a building generation is swapped once it has caught up, and whether the old one is kept.
-- Rule: generations::set_swap_options.
-- Binds: 1 generation, 2 whether it is swapped with the live one, 3 whether the old one is kept, or null for no change.
-- Index: the rowid. Isolation: while writing.
update eventsource_generations
   set swap_when_ready = ?2, keep_old = coalesce(?3, keep_old)
 where generation = ?1 and state = 'building'

-- name: set_state
-- Sets the state of a generation. It is not inline afterwards.
-- Rule: generations::make_live and generations::retire.
-- Binds: 1 generation, 2 state.
-- Index: the rowid. Isolation: while writing.
update eventsource_generations set state = ?2, inline = 0, swap_when_ready = 0 where generation = ?1

-- name: revive
-- Turns a retired generation back into a building one.
-- Rule: generations::revive.
-- Binds: 1 generation.
-- Index: the rowid. Isolation: while writing.
update eventsource_generations set state = 'building', swap_when_ready = 0 where generation = ?1

-- name: delete_generation
-- Deletes an abandoned generation. Its number is not given again.
-- Binds: 1 generation. Index: the rowid. Isolation: while writing.
delete from eventsource_generations where generation = ?1

-- name: compared
-- The live generation that belongs to a building one, and their positions.
-- Binds: 1 generation. Index: the rowid. Isolation: of one snapshot with the rows.
select l.generation,
       coalesce((select min(c.position) from eventsource_checkpoints c where c.generation = l.generation), 0),
       coalesce((select min(c.position) from eventsource_checkpoints c where c.generation = g.generation), 0)
  from eventsource_generations g
  left join eventsource_generations l on l.name = g.name and l.state = 'live'
 where g.generation = ?1 and g.state = 'building'

-- name: swap_positions
-- The positions of a live generation, which is the end of the log if it is inline, and of a building generation.
-- Rule: generations::swap_position.
-- Binds: 1 the live generation, 2 the building generation. Index: the primary key. Isolation: while writing.
select (select case when g.inline then (select coalesce(max(e.position), 0) from eventsource_events e)
                    else (select max(c.position) from eventsource_checkpoints c where c.generation = ?1) end
          from eventsource_generations g where g.generation = ?1),
       (select min(c.position) from eventsource_checkpoints c where c.generation = ?2)

-- name: promote
-- Promotes a live generation: it is inline from the commit of the transaction on.
-- Rule: generations::promote.
-- Binds: 1 generation. Index: the rowid. Isolation: while writing.
update eventsource_generations set inline = 1 where generation = ?1 and state = 'live'

-- name: demote
-- Demotes an inline generation: it follows the log again.
-- Rule: generations::demote.
-- Binds: 1 generation. Index: the rowid. Isolation: while writing, after its checkpoints were moved to the end.
update eventsource_generations set inline = 0 where generation = ?1 and inline

-- name: set_name
-- Gives a generation another name.
-- Binds: 1 generation, 2 name. Index: the primary key. Isolation: while writing.
update eventsource_generations set name = ?2 where generation = ?1
