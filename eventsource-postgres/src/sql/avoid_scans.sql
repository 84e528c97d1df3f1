-- Turns sequential scans off where an index can be used.
-- Binds: none. Index: none. Isolation: any; it lasts as long as the session.
set enable_seqscan = off
