-- What commits with the events.
-- Binds: none. Index: eventsource_generations_inline. Isolation: while writing.
select generation, name from eventsource_generations where inline order by generation
