-- Restores the server's configured JIT setting, for statements of the application.
-- Binds: none. Index: none. Isolation: any; it lasts as long as the transaction.
set local jit to default
