-- Fails if the transaction is aborted because a statement in it failed.
-- Binds: none. Index: none. Isolation: within a transaction.
select 1
