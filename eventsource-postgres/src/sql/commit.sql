-- Ends the transaction of a call that goes through a transaction pooler.
-- Binds: none. Index: none. Isolation: as it was begun.
commit
