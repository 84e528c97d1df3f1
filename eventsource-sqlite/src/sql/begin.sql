-- Begins a write transaction: takes the write lock immediately, not with the first write, so that its reads stay valid
-- until it ends.
-- Binds: none. Index: none. Isolation: serializable.
begin immediate
