-- Begins to write: at once, not with the first statement. What is read within it is what it writes on, and nobody else
-- writes.
-- Binds: none. Index: none. Isolation: serializable.
begin immediate
