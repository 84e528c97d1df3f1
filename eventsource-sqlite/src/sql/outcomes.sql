-- Outcomes of messages.

-- name: outcome
-- What is kept about a message.
-- Binds: 1 consumer, 2 id. Index: the primary key. Isolation: while writing.
select content, kept_at from eventsource_outcomes where consumer = ?1 and id = ?2

-- name: keep_outcome
-- Keeps the outcome of a message.
-- Binds: 1 consumer, 2 id, 3 outcome as JSON, 4 now.
-- Index: none, the primary key finds the one that is replaced. Isolation: while writing.
insert into eventsource_outcomes (consumer, id, content, kept_at)
values (?1, ?2, ?3, ?4)
    on conflict (consumer, id) do update set content = excluded.content, kept_at = excluded.kept_at

-- name: purge_outcomes
-- Deletes outcomes of a consumer that were kept before a time, the oldest first; not those of positions in another log.
-- Binds: 1 consumer, 2 the time, 3 limit. Index: eventsource_outcomes_kept. Isolation: while writing.
delete from eventsource_outcomes
 where rowid in (select rowid
                   from eventsource_outcomes
                  where consumer = ?1 and kept_at < ?2 and substr(id, 1, 4) <> 'log/'
                  order by kept_at
                  limit ?3)

-- name: purge_keys
-- Deletes idempotency keys that were used before a time, the oldest first.
-- Binds: 1 the time, 2 limit. Index: eventsource_idempotency_keys_used_at. Isolation: while writing.
delete from eventsource_idempotency_keys
 where (category, stream_id, key) in (select category, stream_id, key
                                        from eventsource_idempotency_keys
                                       where used_at < ?1
                                       order by used_at
                                       limit ?2)
