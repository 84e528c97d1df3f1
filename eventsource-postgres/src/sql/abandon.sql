-- Abandons a generation.
-- Binds: $1 generation.
-- Index: none, the table is small. Isolation: read committed, after the lock of the name.
with given_up as (
    update eventsource.generations g
       set state = 'abandoned', swap_when_ready = false
     where g.generation = $1::bigint and g.state in ('building', 'retired')
    returning g.generation),
unplaced as (
    delete from eventsource.checkpoints c using given_up u where c.generation = u.generation),
unparked as (
    delete from eventsource.parked_events p using given_up u where p.generation = u.generation)
select pg_catalog.count(*) from given_up
