-- Begins to write.
-- At once, not with the first statement: what is read within it is what it writes on, and nobody else writes.
begin immediate
