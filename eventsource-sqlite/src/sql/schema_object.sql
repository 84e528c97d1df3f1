-- The table or view of a name.
-- Binds: 1 name. Index: none. Isolation: any.
select type, name, sql from sqlite_schema where type in ('table', 'view') and name = ?1 collate nocase
