-- Has the server choose among all plans again, as it is configured, for statements of the application.
-- Binds: none. Index: none. Isolation: any; it lasts as long as the transaction.
set local enable_seqscan to default
