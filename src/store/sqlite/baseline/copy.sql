INSERT INTO bare_events
SELECT position, event_id, stream, version, type, schema_version, recorded_at, data, metadata, hash FROM events ORDER BY position
