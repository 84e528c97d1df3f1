-- The table or view that has a name; a view with its triggers, which are dropped together with it.
-- Binds: 1 name. Index: none. Isolation: any.
select s.type, s.name,
       s.sql || case when s.type = 'view'
                     then coalesce((select group_concat(char(10, 59, 10) || t.sql, '')
                                      from sqlite_schema t
                                     where t.type = 'trigger' and t.tbl_name = s.name collate nocase), '')
                     else '' end
  from sqlite_schema s
 where s.type in ('table', 'view') and s.name = ?1 collate nocase
