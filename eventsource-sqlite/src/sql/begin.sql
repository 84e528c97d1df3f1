-- Begins a write transaction: takes the write lock at once, not with the first write, so that what it reads stays true
-- until it ends.
-- Binds: none. Index: none. Isolation: serializable.
begin immediate
