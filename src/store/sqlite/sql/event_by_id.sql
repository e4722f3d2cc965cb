SELECT position, event_id, stream, version, type, schema_version, recorded_at, data, metadata, hash, content_hash
FROM events WHERE event_id = ?1
