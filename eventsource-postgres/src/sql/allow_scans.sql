-- Restores the server's configured enable_seqscan, for statements of the application.
-- Binds: none. Index: none. Isolation: any; it lasts as long as the transaction.
set local enable_seqscan to default
