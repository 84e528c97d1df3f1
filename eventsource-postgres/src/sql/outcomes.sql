-- Outcomes of messages.

-- name: try_lock_message
-- Locks the name of a message until the transaction ends, unless another transaction has locked it; returns whether it did.
-- Binds: $1 consumer, $2 id.
-- Index: none. Isolation: read committed, within a transaction.
select pg_catalog.pg_try_advisory_xact_lock(
    1163285337, pg_catalog.hashtext(pg_catalog.concat($1::text, '/', $2::text)))

-- name: lock_message
-- Locks the name of a message until the transaction ends, and waits for another transaction that has locked it.
-- Binds: $1 consumer, $2 id.
-- Index: none. Isolation: read committed, within a transaction: later statements see what the other one has kept.
select pg_catalog.pg_advisory_xact_lock(
    1163285337, pg_catalog.hashtext(pg_catalog.concat($1::text, '/', $2::text)))

-- name: outcome
-- What is kept about a message.
-- Binds: $1 consumer, $2 id.
-- Index: outcomes_pkey. Isolation: read committed, after the lock of the message.
select o.content, o.kept_at from eventsource.outcomes o where o.consumer = $1::text and o.id = $2::text

-- name: keep_outcome
-- Keeps the outcome of a message.
-- Binds: $1 consumer, $2 id, $3 outcome as JSON.
-- Index: none, the primary key finds the one that is replaced. Isolation: read committed, after the lock of the message.
insert into eventsource.outcomes (consumer, id, content, kept_at)
values ($1::text, $2::text, $3::json, pg_catalog.clock_timestamp())
    on conflict (consumer, id) do update set content = excluded.content, kept_at = excluded.kept_at

-- name: purge_outcomes
-- Deletes outcomes of a consumer that were kept a time ago, the oldest first; not those of positions in another log.
-- Binds: $1 consumer, $2 how long ago at least, in microseconds, $3 limit.
-- Index: outcomes_kept_key. Isolation: read committed; one autocommit statement. It waits for no other transaction.
with old as materialized (
    select o.id
      from eventsource.outcomes o
     where o.consumer = $1::text
       and o.kept_at < pg_catalog.clock_timestamp() - $2::bigint * interval '1 microsecond'
       and pg_catalog.left(o.id, 4) <> 'log/'
     order by o.kept_at, o.id
     limit $3::bigint
       for update skip locked)
delete from eventsource.outcomes o
 using old
 where o.consumer = $1::text and o.id = old.id

-- name: purge_keys
-- Deletes idempotency keys that were used a time ago; returns how many. See the function.
-- Binds: $1 how long ago at least, in microseconds, $2 limit.
-- Index: none. Isolation: read committed; one autocommit statement.
select eventsource.purge_keys($1::bigint, $2::bigint)
