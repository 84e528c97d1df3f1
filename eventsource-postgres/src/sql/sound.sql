-- Fails if the transaction is aborted, because a statement in it has failed.
-- Binds: none. Index: none. Isolation: within a transaction.
select 1
