INSERT INTO bare_events (version, recorded_at, event_id, schema_version, stream, type, hash, data, metadata)
SELECT n.version, 1764780403437000, n.event_id, n.schema_version, n.stream, n.type, n.hash, n.data::json, n.metadata::json
FROM unnest($1::int8[], $2::uuid[], $3::int4[], $4::text[], $5::text[], $6::bytea[], $7::text[], $8::text[])
     AS n (version, event_id, schema_version, stream, type, hash, data, metadata)
