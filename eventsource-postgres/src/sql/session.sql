-- Sessions: their transactions and settings.

-- name: begin
-- Begins a transaction behind a pooler, which then keeps one backend until it ends.
-- Binds: none. Index: none. Isolation: read committed.
begin isolation level read committed

-- name: begin_snapshot
-- Begins a read-only transaction in which every statement sees the same snapshot.
-- Binds: none. Index: none. Isolation: repeatable read.
begin isolation level repeatable read, read only

-- name: commit
-- Ends a transaction behind a pooler.
-- Binds: none. Index: none. Isolation: not in a transaction afterwards.
commit

-- name: rollback
-- Ends a transaction that the application left open on a connection of a shared pool; a warning otherwise.
-- Binds: none. Index: none. Isolation: not in a transaction afterwards.
rollback

-- name: check_not_aborted
-- Fails if the transaction is aborted because a statement in it failed.
-- Binds: none. Index: none. Isolation: within a transaction.
select 1

-- name: flush
-- Turns synchronous commit on for the transaction.
-- Binds: none. Index: none. Isolation: within a transaction.
select pg_catalog.set_config('synchronous_commit', 'on', true)

-- name: set_lock_timeout
-- Sets the lock timeout of the transaction.
-- Binds: $1 milliseconds. Index: none. Isolation: within a transaction.
select pg_catalog.set_config('lock_timeout', $1::text || 'ms', true)

-- name: limit_lock_waits
-- Sets a lock timeout for the session, unless it has one already.
-- Binds: $1 milliseconds.
-- Index: none. Isolation: any; one autocommit statement.
select pg_catalog.set_config('lock_timeout', $1::text || 'ms', false)
 where pg_catalog.current_setting('lock_timeout') = '0'

-- name: avoid_scans
-- Turns sequential scans off where an index can be used.
-- Binds: none. Index: none. Isolation: any; it lasts as long as the session.
set enable_seqscan = off

-- name: allow_scans
-- Restores the server's configured enable_seqscan, for statements of the application.
-- Binds: none. Index: none. Isolation: any; it lasts as long as the transaction.
set local enable_seqscan to default

-- name: avoid_jit
-- Turns the JIT compiler off: with enable_seqscan off, plans on small tables without an index seem expensive.
-- Binds: none. Index: none. Isolation: any; it lasts as long as the session.
set jit = off

-- name: allow_jit
-- Restores the server's configured JIT setting, for statements of the application.
-- Binds: none. Index: none. Isolation: any; it lasts as long as the transaction.
set local jit to default
