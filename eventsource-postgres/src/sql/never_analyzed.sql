-- The tables of a building generation that were never analyzed.
-- Binds: $1 generation. Index: none. Isolation: any; one autocommit statement.
select s.relname::text
  from pg_catalog.pg_stat_all_tables s
 where s.schemaname = pg_catalog.concat('eventsource_', $1::bigint) and s.last_analyze is null and s.last_autoanalyze is null
 order by s.relname
