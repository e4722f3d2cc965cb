SELECT position, event_id, stream, version, type, schema_version, recorded_at, data, metadata, hash
FROM events WHERE stream = (SELECT id FROM streams WHERE name = ?1) ORDER BY version
