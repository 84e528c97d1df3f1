-- The application id and schema version of a file, and the number of its objects.
-- Binds: none. Index: none. Isolation: any; of one snapshot.
select (select application_id from pragma_application_id) as application_id,
       (select user_version from pragma_user_version) as user_version,
       (select count(*) from sqlite_schema) as objects
