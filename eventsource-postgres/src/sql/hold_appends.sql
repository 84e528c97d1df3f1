-- Blocks appends until the transaction ends; see the function.
-- Binds: none. Index: none. Isolation: read committed, within a transaction.
select eventsource.hold_appends()
