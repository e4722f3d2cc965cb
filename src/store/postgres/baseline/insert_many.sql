INSERT INTO bare_events (version, recorded_at, event_id, schema_version, stream, type, hash, data, metadata)
SELECT 1000, 1764780403437000, n.event_id, n.schema_version, n.stream, n.type, n.hash, n.data::json, n.metadata::json
FROM unnest($1::uuid[], $2::int4[], $3::text[], $4::text[], $5::bytea[], $6::text[], $7::text[])
     AS n (event_id, schema_version, stream, type, hash, data, metadata)
