INSERT INTO bare_events (version, recorded_at, event_id, schema_version, stream, type, hash, data, metadata)
VALUES ($1, 1764780403437000, $2, $3, $4, $5, $6, $7::text::json, $8::text::json)
