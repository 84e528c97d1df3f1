-- Group commit: appends many units in one call, with a lock timeout of a tenth of a second, since a transaction that
-- holds one stream must not delay the others. See the function.
-- Binds: $1 to $6 arrays with an entry per part: unit, category, stream, expected version, number of events, key;
--        $7 to $13 arrays with an entry per event: id, type, schema version, payload, metadata, correlation, causation;
--        $14 the inline generations that this transaction updates; $15 and $16 arrays with an entry per part: command and
--        content of the key.
-- Index: events_stream_version_key, once per stream. Isolation: any; one autocommit statement.
select a.part, a.outcome, a.version, a.position, a.command, a.content
  from (select pg_catalog.set_config('lock_timeout', '100ms', true) as patience) s
 -- The first argument depends on the setting, so that the setting is changed before the call.
 cross join lateral eventsource.append(case when s.patience is not null then $1::integer[] end,
                          $2::text[], $3::text[], $4::bigint[], $5::integer[], $6::text[],
                          $7::uuid[], $8::text[], $9::integer[], $10::text[], $11::text[], $12::uuid[], $13::uuid[],
                          $14::bigint[], $15::text[], $16::uuid[]) a
