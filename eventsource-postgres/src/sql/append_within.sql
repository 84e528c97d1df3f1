-- Appends one unit within the transaction of a lease; see the function. The commit is flushed, as that of any append.
-- Binds: as append.sql.
-- Index: events_stream_version_key, once per stream. Isolation: read committed, in an open transaction.
with flushed as materialized (select pg_catalog.set_config('synchronous_commit', 'on', true))
select a.part, a.outcome, a.version, a.position, a.command, a.content
  from flushed,
       eventsource.append($1::integer[], $2::text[], $3::text[], $4::bigint[], $5::integer[], $6::text[],
                          $7::uuid[], $8::text[], $9::integer[], $10::text[], $11::text[], $12::uuid[], $13::uuid[],
                          $14::bigint[], $15::text[], $16::uuid[]) a
 order by a.part
