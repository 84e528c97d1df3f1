-- Stores the receipts of appends under their keys.
-- Binds: 1 receipts as a JSON array of [category, stream id, key, version, position, command, content in hexadecimal],
-- 2 time in microseconds.
-- Index: none. Isolation: within the transaction that appends.
insert into eventsource_idempotency_keys (category, stream_id, key, version, position, command, content, used_at)
select value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5,
       unhex(value ->> 6), ?2
from json_each(?1)
