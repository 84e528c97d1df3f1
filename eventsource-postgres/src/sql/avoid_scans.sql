-- Has every plan use an index where there is one.
-- Binds: none. Index: none. Isolation: any; it lasts as long as the session.
set enable_seqscan = off
