-- The migrations that this database has.
-- Binds: none. Index: none. Isolation: any; one autocommit statement.
select version, success, checksum
  from eventsource._migrations
 order by version
