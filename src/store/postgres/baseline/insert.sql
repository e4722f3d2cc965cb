INSERT INTO bare_events (version, recorded_at, event_id, schema_version, stream, type, hash, data, metadata)
VALUES (1000, 1764780403437000, $1, $2, $3, $4, $5, $6::text::json, $7::text::json)
