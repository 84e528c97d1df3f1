-- Has no plan compiled: what has no index counts as dear where scans are avoided, and small tables have none.
-- Binds: none. Index: none. Isolation: any; it lasts as long as the session.
set jit = off
