INSERT INTO bare_events (version, recorded_at, event_id, schema_version, stream, type, hash, data, metadata)
SELECT version, recorded_at, event_id, schema_version, stream, type, hash, data, metadata FROM events ORDER BY position
