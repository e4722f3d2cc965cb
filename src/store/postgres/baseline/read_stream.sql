SELECT position, version, recorded_at, event_id, schema_version, stream, type, hash, data, metadata
FROM events WHERE stream = $1 ORDER BY version
