-- Fails if a statement of the transaction has failed.
-- Binds: none. Index: none. Isolation: within a transaction.
select 1
