-- Turns the JIT compiler off: with enable_seqscan off, plans on small tables without an index seem expensive.
-- Binds: none. Index: none. Isolation: any; it lasts as long as the session.
set jit = off
